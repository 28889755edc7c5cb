/** The balance of InMail credits that a caller observed at LinkedIn (R24). */
import type { Account } from '../account/account.js';
import { creditsFrom } from '../account/credits.js';
import type { Decided } from '../account/refusals.js';
import { OBSERVED_MAX_AGE_MS } from '../primitives/limits.js';
import type { Instant } from '../primitives/time.js';

export type ObserveCredits = { readonly balance: number; readonly at: Instant };
export type CreditsAnswer = {
  readonly recorded: boolean;
  /** Why the observation changed nothing; null: it was recorded. */
  readonly ignored: 'older' | 'too_old' | null;
  /** The balance that the account knows now; null: none. */
  readonly balance: number | null;
};

/** Takes the newest observation; one that is older, or older than 48 hours, changes nothing. */
export function observeCredits(
  account: Account,
  { balance: observed, at: said }: ObserveCredits,
  now: Instant,
): Decided<CreditsAnswer> {
  const at = Math.min(said, now);
  const { credits } = account;
  const known = credits ? Math.max(0, credits.balance) : null;
  const ignored = credits && at <= credits.at ? 'older' : isTooOld(at, now) ? 'too_old' : null;
  if (ignored) return { events: [], answer: { recorded: false, ignored, balance: known } };
  const seen = creditsFrom(account, observed, at);
  return {
    events: [{ type: 'CreditsObserved', credits: seen }],
    answer: { recorded: true, ignored: null, balance: Math.max(0, seen.balance) },
  };
}

/** True if the account may have forgotten sends that came after the observation. */
const isTooOld = (at: Instant, now: Instant): boolean => now - at > OBSERVED_MAX_AGE_MS;
