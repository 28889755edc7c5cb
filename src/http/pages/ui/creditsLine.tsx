/** The known balance of InMail credits in one line (R24). */
import type { VNode } from 'preact';
import type { KnownCredits } from '../../../domain/gate/credits.js';
import { When } from './parts.js';
import { many } from './format.js';

/** Shows the balance, how long it lasts, and the renewal; nothing while no balance is known. */
export function CreditsLine({ credits }: { readonly credits: KnownCredits | null }): VNode | null {
  if (!credits) return null;
  const { balance, grant, runwayDays, spent, refunded, renewed } = credits;
  const isKnown = balance > 0 && runwayDays !== null;
  const lasts = isKnown ? `, for ${many(runwayDays, 'day')} at the present rate` : '';
  return (
    <p id="credits">
      <strong>{many(balance, 'InMail credit')}</strong> left{lasts}; {grant} more at{' '}
      <When at={Date.parse(credits.renewsAt)} show="full" />.{' '}
      {balance > 0 ? null : 'Until then it sends only InMails that cost no credit. '}
      <span class="note">
        LinkedIn showed {credits.observed} at{' '}
        <When at={Date.parse(credits.observedAt)} show="full" />; since then {spent} spent,{' '}
        {refunded} back by replies, {renewed} renewed.
      </span>
    </p>
  );
}
