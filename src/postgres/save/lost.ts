/** The row of a running account, which Postgres may have lost, or have from a backup (R14). */
import type { AccountRow } from '../../domain/records/records.js';
import type { Place, Write } from '../../domain/records/snapshot.js';
import type { Queryable } from '../pool.js';
import { claimAccount } from './accounts.js';
import { lockIdentity } from './identities.js';
import { lockAccount, type LockedRow } from './runs.js';

type Writer = {
  readonly owner: string;
  readonly row: AccountRow;
  readonly place?: Place | undefined;
  readonly write?: Write | undefined;
};

/**
 * The locked row, and whether this very write is new, is committed already, or comes late. A row is
 * restored if it lacks a write that was answered.
 */
export type Locked = {
  readonly locked: LockedRow | null;
  readonly is: 'new' | 'committed' | 'late' | 'restored';
};

/** Locks the account's row for a write; adds the row if Postgres has lost it. */
export async function lock(db: Queryable, request: Writer): Promise<Locked> {
  const { owner, write } = request;
  const locked = await lockOrAdd(db, request);
  if (!write || locked?.owner !== owner) return { locked, is: 'new' };
  if (isRestored(locked, write)) return { locked, is: 'restored' };
  if (locked.lastWrite < write.number) return { locked, is: 'new' };
  const isSame = locked.lastWrite === write.number && locked.lastMark === write.mark;
  return { locked, is: isSame ? 'committed' : 'late' };
}

/** True if the row lacks a write whose answer its workflow knows: Postgres was restored. */
export const isRestored = ({ lastWrite }: LockedRow, { answered = 0 }: Write): boolean =>
  lastWrite < answered;

/**
 * Locks the row of a running account. If there is none, adds it: the account was connected after
 * the backup from which Postgres was restored, and its next start must find its counts (R13).
 * Returns null if a person has given the row another account id: two rows would be two caps.
 */
async function lockOrAdd(db: Queryable, { owner, row, place }: Writer): Promise<LockedRow | null> {
  const locked = await lockAccount(db, row.accountId);
  if (locked || (await isRenamed(db, owner))) return locked;
  await lockIdentity(db, row);
  await claimAccount(db, row, owner, null, place ?? null);
  // The rows lack what this chain saved before: a start reads its history from the first run.
  await db.query(
    `update safeband.accounts set saved_run_id = null, recorded_at = clock_timestamp()
      where account_id = $1 and owner = $2`,
    [row.accountId, owner],
  );
  return lockAccount(db, row.accountId);
}

/** True if this owner has a row of another account id. */
async function isRenamed(db: Queryable, owner: string): Promise<boolean> {
  const { rowCount } = await db.query('select from safeband.accounts where owner = $1 limit 1', [
    owner,
  ]);
  return rowCount !== 0;
}
