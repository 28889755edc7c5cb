/**
 * Shadow mode (R23): the gate decides every reserve, and then grants it, because another counter
 * decides about the sends. Example: 50 of a cap of 50 are used. The next reserve is granted, and
 * its decision names `daily_cap`, which would deny it until midnight.
 */
import type { Account } from '../account/account.js';
import { isShadow, type Policy } from '../account/policy.js';
import type { Instant } from '../primitives/time.js';
import { barrierAt, type Ask, type Barrier } from './gate.js';

/** What denies a reserve; or, in shadow mode, what would deny it in the mode `enforce`. */
export type Verdict = {
  readonly denies: Barrier | undefined;
  readonly wouldDeny: Barrier | undefined;
};

/** Returns the decision of the gate about a reserve at `at`. */
export function verdictAt(
  account: Account,
  at: Instant,
  ask: Ask & { readonly isForecast?: boolean } = {},
): Verdict {
  const barrier = barrierAt(account, at, ask);
  if (!isShadow(account.policy)) return { denies: barrier, wouldDeny: undefined };
  const denies = barrierAt(account, at, { ...ask, inShadow: true });
  return { denies, wouldDeny: denies ? undefined : barrier };
}

/**
 * Marks an alert of an account that may grant over its cap, or whose shadow mode has ended after it
 * granted `granted` slots of that day that it would have denied.
 */
export const shadowMark = (policy: Policy, granted = 0): { readonly mode?: 'shadow' } =>
  isShadow(policy) || granted > 0 ? { mode: 'shadow' } : {};

/** Returns the sentence of such an alert. */
export function shadowSentences(policy: Policy, granted = 0): readonly string[] {
  if (isShadow(policy)) return ['The account is in shadow mode, which grants over the cap.'];
  const slots = granted === 1 ? 'a slot' : `${granted} slots`;
  return granted === 0
    ? []
    : [`The account was in shadow mode, which granted ${slots} that it would have denied.`];
}
