/** What an order to configure would change: each setting before and after, with counts (R30). */
import { UNSET_POLICY, type Policy } from '../account/policy.js';
import { changedPolicy, raisedCap, type PolicyChange } from '../commands/policyChange.js';
import { settingsChanged, type SettingChange } from '../records/settingsChange.js';

/** Accounts that have the same values in the fields that a change concerns. */
export type AlikeAccounts = {
  readonly policy: Partial<Policy> & Pick<Policy, 'tier'>;
  readonly accounts: number;
};
/** A setting before and after, and in how many accounts. */
export type CountedChange = SettingChange & { readonly accounts: number };
export type OrderEffect = {
  /** Accounts that have these settings already. */
  readonly already: number;
  /** Accounts that would refuse the change: a cap would be above the safe band of their tier. */
  readonly refused: number;
  /** Most accounts first. */
  readonly settings: readonly CountedChange[];
};

/** Returns the fields of a policy that decide what the change does: caps depend on the tier. */
export const fieldsOf = (change: object): readonly string[] => [
  ...new Set(['tier', 'dailyCap', ...Object.keys(change)]),
];

/** Returns what the change would do to these accounts, as `configure` would do it. */
export function effectOf(change: PolicyChange, alike: readonly AlikeAccounts[]): OrderEffect {
  const counted = new Map<string, CountedChange>();
  let already = 0;
  let refused = 0;
  for (const { policy, accounts } of alike) {
    const before: Policy = { ...UNSET_POLICY, ...policy };
    if (raisedCap(before, change) !== undefined) {
      refused += accounts;
      continue;
    }
    const changes = settingsChanged(before, changedPolicy(before, change));
    if (changes.length === 0) already += accounts;
    for (const one of changes) {
      const key = JSON.stringify([one.setting, one.before, one.after]);
      const known = counted.get(key)?.accounts ?? 0;
      counted.set(key, { ...one, accounts: known + accounts });
    }
  }
  const settings = [...counted.values()].toSorted((a, b) => b.accounts - a.accounts);
  return { already, refused, settings };
}
