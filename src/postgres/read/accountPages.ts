/**
 * Lists accounts by id, with the filters "state" and "can it send?" (R17). Both depend on the
 * instant and on the gate, so no index has the answer: a page reads accounts until it is full, at
 * most SCANNED_MAX of them. So a page may have few accounts, or none, while more follow.
 */
import { sendingOf, type Sending } from '../../domain/wire/canSend.js';
import type { Queryable } from '../pool.js';
import { pageAccounts } from './lists.js';
import type { StatusRow } from './reads.js';

/** Maximum number of accounts that are read for one page of filtered accounts. */
export const SCANNED_MAX = 2_000;
/** Accounts per statement, so that no statement blocks the event loop for more than a few ms. */
const ROWS = 250;

type Asked = Parameters<typeof pageAccounts>[1] & {
  readonly state: string | null;
  readonly sending: Sending | null;
};
export type AccountsPage = {
  readonly accounts: readonly StatusRow[];
  /** The account after which the next page begins; null: all accounts were read. */
  readonly next: string | null;
};

/** Returns at most `limit` accounts that match. */
export async function listAccounts(
  db: Queryable,
  { state, sending, ...asked }: Asked,
  scannedMax = SCANNED_MAX,
): Promise<AccountsPage> {
  const { limit } = asked;
  const isFiltered = state !== null || sending !== null;
  const matches = (row: StatusRow): boolean =>
    (state === null || row.state === state) && (sending === null || sendingOf(row) === sending);
  const accounts: StatusRow[] = [];
  let { after } = asked;
  for (let scanned = 0; scanned < scannedMax;) {
    const rows = isFiltered ? Math.min(ROWS, scannedMax - scanned) : limit;
    const found = await pageAccounts(db, { ...asked, after, limit: rows });
    for (const row of found) {
      if (accounts.length === limit) return { accounts, next: after };
      after = row.accountId;
      if (matches(row)) accounts.push(row);
    }
    if (found.length < rows) return { accounts, next: null };
    if (accounts.length === limit) break;
    scanned += found.length;
  }
  return { accounts, next: after };
}
