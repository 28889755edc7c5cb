/** Finds accounts with names similar to an unknown name: the caller may have meant one of them. */
import type { Tier } from '../../domain/primitives/tier.js';
import { rowsOf, type Queryable } from '../pool.js';
import type { AccountState } from '../../domain/gate/accountState.js';

export type Similar = {
  /** The account's own row, as of its last write; null if there is none. */
  readonly row: { readonly tier: Tier; readonly state: AccountState } | null;
  /** True if there are no accounts at all. */
  readonly isEmpty: boolean;
  readonly similar: readonly string[];
};

/**
 * Returns at most 3 accounts: one name contains the other, or both begin or end alike, in any case.
 */
export async function similarAccounts(db: Queryable, accountId: string): Promise<Similar> {
  const [found] = await rowsOf<Similar>(
    db,
    `select jsonb_build_object(
       'row', (select jsonb_build_object('tier', tier, 'state', state) from safeband.accounts
          where account_id = $1),
       'isEmpty', not exists (select from safeband.accounts),
       'similar', (select coalesce(jsonb_agg(account_id), '[]') from (
          select account_id from safeband.accounts
           where account_id <> $1 and (position(lower($1) in lower(account_id)) > 0
              or position(lower(account_id) in lower($1)) > 0
              or left(lower(account_id), 4) = left(lower($1), 4)
              or right(lower(account_id), 4) = right(lower($1), 4))
           order by abs(length(account_id) - length($1)), account_id limit 3) found)) as row`,
    [accountId],
  );
  return found ?? { row: null, isEmpty: false, similar: [] };
}
