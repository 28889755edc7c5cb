/** What the account has to know before it grants anything: R11, R12 and R13. */
import type { Account } from '../account/account.js';
import { VERIFIED_MS } from '../primitives/limits.js';
import type { Instant } from '../primitives/time.js';

/** True if the identity was compared and the window was computed (R11, R13). */
export const isKnown = (account: Account, at: Instant): boolean =>
  account.isIdentityChecked && isWindowKnown(account, at);

/** True if there is no window, or it was computed as far as that instant (R11). */
export const isWindowKnown = ({ policy, openings }: Account, at: Instant): boolean =>
  policy.sendingWindow === null || (openings !== null && at < openings.until);

/** True if a reconcile succeeded within the last 30 minutes, and its outcome is known (R12). */
export const isFresh = (account: Account, at: Instant): boolean => {
  const { reconciledAt, isRunUnknown = false, isCrowded = false } = account;
  if (isRunUnknown || isCrowded) return false;
  return reconciledAt !== null && at - reconciledAt < VERIFIED_MS;
};

/** True if all is known, and a reconcile confirmed it within the last 30 minutes (R12). */
export const isVerified = (account: Account, at: Instant): boolean =>
  isKnown(account, at) && isFresh(account, at);

/** True if people see `unverified`: for a cold account only after a failed check (R12). */
export const isDoubtful = (account: Account, at: Instant): boolean =>
  !isKnown(account, at) ||
  account.reconciledAt === null ||
  (!isFresh(account, at) && account.runFailedAt !== null);
