/**
 * Lists accounts by id, with the filters "state" and "can it send?" (R17). Both depend on the
 * instant and on the gate, so the rows of accounts decide. While the entries of the list are up to
 * date, a page reads only accounts that they choose. Otherwise it reads accounts until it is full,
 * at most SCANNED_MAX of them: it may have few accounts, or none, while more follow.
 */
import { sendingOf, type Sending } from '../../domain/wire/canSend.js';
import { conditionOf, parameters } from '../list/conditions.js';
import type { Queryable } from '../pool.js';
import { pageAccounts } from './lists.js';
import { readStatusRows, type StatusRow } from './reads.js';

/** Maximum number of accounts that are read for one page of filtered accounts. */
export const SCANNED_MAX = 2_000;
/** Accounts per statement, so that no statement blocks the event loop for more than a few ms. */
const ROWS = 250;
/** Minimum number of accounts of a second statement for a page. */
const MORE_ROWS = 50;

type Filter = { readonly state: string | null; readonly sending: Sending | null };
type Page = Parameters<typeof pageAccounts>[1];
type Asked = Page &
  Filter & {
    /** True: the entries of the list are up to date, except for reports that are on their way. */
    readonly isListed?: boolean;
  };
export type AccountsPage = {
  readonly accounts: readonly StatusRow[];
  /** The account after which the next page begins; null: all accounts were read. */
  readonly next: string | null;
};

/** Returns at most `limit` accounts that match. */
export async function listAccounts(
  db: Queryable,
  { state, sending, isListed = false, ...asked }: Asked,
  scannedMax = SCANNED_MAX,
): Promise<AccountsPage> {
  const { limit } = asked;
  const isFiltered = state !== null || sending !== null;
  const matches = (row: StatusRow): boolean =>
    (state === null || row.state === state) && (sending === null || sendingOf(row) === sending);
  const accounts: StatusRow[] = [];
  let { after } = asked;
  // Nearly all accounts that entries choose match, so only as many are read as the page needs.
  let wanted = isListed || !isFiltered ? limit : ROWS;
  for (let scanned = 0; scanned < scannedMax;) {
    const rows = isFiltered ? Math.min(ROWS, wanted, scannedMax - scanned) : wanted;
    const page = { ...asked, after, limit: rows };
    const found =
      isListed && isFiltered
        ? await pageChosen(db, page, { state, sending })
        : await pageAccounts(db, page);
    for (const row of found) {
      if (accounts.length === limit) return { accounts, next: after };
      after = row.accountId;
      if (matches(row)) accounts.push(row);
    }
    if (found.length < rows) return { accounts, next: null };
    if (accounts.length === limit) break;
    scanned += found.length;
    // Just after midnight, time has changed all entries, and few of the accounts may match.
    wanted = Math.max(MORE_ROWS, 2 * wanted);
  }
  return { accounts, next: after };
}

/** Lists the next accounts that match by their entries, or whose entries time has changed. */
function pageChosen(
  db: Queryable,
  { at, after, limit, prefix, accounts }: Page,
  filter: Filter,
): Promise<readonly StatusRow[]> {
  const { values, name } = parameters();
  const now = name(at); // It is $1 of every read of rows.
  const [from, begin, most] = [name(after), name(prefix), name(limit)];
  const all = { search: '', found: null, state: null, sending: null, group: null, accounts };
  const part = (condition: string): string =>
    `(select account_id from safeband.account_list
       where account_id > ${from} and account_id >= ${begin}
         and starts_with(account_id::text, ${begin}) and ${condition}
       order by account_id limit ${most})`;
  const matching = part(conditionOf({ ...all, ...filter }, name));
  const ended = part(`ends_at <= safeband.at_ms(${now}) and ${conditionOf(all, name)}`);
  return readStatusRows(
    db,
    at,
    `where account_id = any(array(select account_id::text from (${matching} union ${ended}) either
       order by account_id limit ${most})) order by account_id`,
    values.slice(1),
  );
}
