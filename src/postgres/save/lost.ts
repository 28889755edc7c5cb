/** Rows of running accounts that Postgres has lost (R14). */
import type { AccountRow } from '../../domain/records/records.js';
import type { Place } from '../../domain/records/snapshot.js';
import type { Queryable } from '../pool.js';
import { claimAccount } from './accounts.js';
import { lockIdentity } from './identities.js';
import { lockAccount, type LockedRow } from './runs.js';

type Writer = {
  readonly owner: string;
  readonly row: AccountRow;
  readonly place?: Place | undefined;
};

/**
 * Locks the row of a running account. If there is none, adds it: the account was connected after
 * the backup from which Postgres was restored, and its next start must find its counts (R13).
 * Returns null if a person has given the row another account id: two rows would be two caps.
 */
export async function lockOrAdd(
  db: Queryable,
  { owner, row, place }: Writer,
): Promise<LockedRow | null> {
  const locked = await lockAccount(db, row.accountId);
  if (locked || (await isRenamed(db, owner))) return locked;
  await lockIdentity(db, row);
  await claimAccount(db, row, owner, null, place ?? null);
  return lockAccount(db, row.accountId);
}

/** True if this owner has a row of another account id. */
async function isRenamed(db: Queryable, owner: string): Promise<boolean> {
  const { rowCount } = await db.query('select from safeband.accounts where owner = $1 limit 1', [
    owner,
  ]);
  return rowCount !== 0;
}
