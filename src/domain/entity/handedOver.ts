/** The state with which a closed run began, where the rows do not have it (R13). */
import { type Account, lineOf, type WaitingAsk } from '../account/account.js';
import { accountWith } from '../account/update.js';
import type { Event } from '../account/events.js';
import { merged } from '../reconcile/merge.js';
import { isBroken } from '../gate/cooldown.js';
import { findAsk } from '../gate/line.js';

/** Adds the part that the rows do not have. `isInRow`: the row is newer than that state. */
export function handedOver(
  account: Account,
  before: Account,
  { isInRow, alerts }: { readonly isInRow: boolean; readonly alerts: readonly Event[] },
): readonly Event[] {
  const { policy, rampDay } = before;
  if (isInRow) return raised(account, before);
  const isSamePolicy = JSON.stringify(policy) === JSON.stringify(account.policy);
  const { now } = before;
  const actor = 'safeband';
  const isResumed =
    before.hold === null &&
    !isBroken(before, now) &&
    (account.hold !== null || isBroken(account, now));
  const reason = 'it was resumed before its workflow ended';
  return [
    ...merged(account, before),
    ...asksOf(account, lineOf(before)),
    ...(isSamePolicy ? [] : [{ type: 'PolicyChanged', policy, rampDay, actor } as const]),
    ...movedBreaker(account, before),
    ...(isResumed ? [{ type: 'Resumed', actor, reason } as const] : []),
    ...alerts,
  ];
}

/** Returns the facts that put asks into a line that does not have them. */
export const asksOf = (account: Account, asks: readonly WaitingAsk[]): readonly Event[] =>
  asks
    .filter(({ reservationId }) => !findAsk(account, reservationId))
    .flatMap((ask): readonly Event[] => [
      { type: 'AskQueued', ask: { ...ask, decided: null } },
      ...(ask.decided === null ? [] : [{ type: 'AskDecided', ask } as const]),
    ]);

/** Moves the end of an open breaker to the renewal day of the policy (R5). */
function movedBreaker(account: Account, { policy, breakerUntil, now }: Account): readonly Event[] {
  const isSameDay = policy.creditsRenewOn === account.policy.creditsRenewOn;
  if (isSameDay || breakerUntil === null || now >= breakerUntil) return [];
  return [{ type: 'BreakerOpened', until: breakerUntil }];
}

/** Returns slots and external sends alone: the row is newer than that state's hold. */
function raised(account: Account, before: Account): readonly Event[] {
  const stops = {
    effects: [],
    cooldowns: [],
    hold: null,
    breakerUntil: null,
    credits: null,
    learnt: null,
  };
  const bare = accountWith(before, stops);
  return merged(account, bare);
}
