/**
 * Lists accounts by id, with the filters "state" and "can it send?" (R17). Both depend on the
 * instant and on the gate, so no index has the answer: a page reads accounts until it is full, at
 * most SCANNED_MAX of them. So a page may have few accounts, or none, while more follow. The
 * dashboard keeps a list of all accounts, and reads here which accounts changed.
 */
import { sendingOf, type Sending } from '../../domain/wire/canSend.js';
import type { Instant } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';
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

/** Ids per statement. */
const IDS = 50_000;

/** Reads the ids of all accounts. */
export async function readAccountIds(db: Queryable): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let after = '', isMore = true; isMore;) {
    const [page = []] = await rowsOf<readonly string[]>(
      db,
      `select coalesce(jsonb_agg(account_id order by account_id), '[]') as row
         from (select account_id from safeband.accounts
                where account_id > $1 order by account_id limit $2) page`,
      [after, IDS],
    );
    ids.push(...page);
    after = page.at(-1) ?? after;
    isMore = page.length === IDS;
  }
  return ids;
}

/** A place in the changes: the time of the database, and the last row of the event log. */
export type Horizon = { readonly at: Instant; readonly eventId: number };
export type AccountChanges = {
  readonly horizon: Horizon;
  /** The last audit; it checks every connected account, and changes none of their rows. */
  readonly auditedAt: Instant | null;
  /** Accounts whose row was written or edited since then, or whose log has more. */
  readonly accountIds: readonly string[];
};

/** Reads what changed since that place; null: only the place of now, and the last audit. */
export async function readAccountChanges(
  db: Queryable,
  since: Horizon | null,
  now: Instant,
): Promise<AccountChanges> {
  const [changes] = await rowsOf<AccountChanges>(
    db,
    `select jsonb_build_object(
       'horizon', jsonb_build_object('at', safeband.ms_of(clock_timestamp()),
         'eventId', (select coalesce(max(event_id), 0) from safeband.inmail_events)),
       'auditedAt', (select safeband.ms_of(max(ran_at)) from safeband.reconciler_runs
                      where scope = 'fleet' and ran_at <= safeband.at_ms($3)),
       'accountIds', (select coalesce(jsonb_agg(account_id), '[]') from (
          select account_id from safeband.accounts
           where $1::bigint is not null and (recorded_at >= safeband.at_ms($1) or is_edited)
          union
          select account_id from safeband.inmail_events where event_id > $2::bigint
        ) changed)) as row`,
    [since?.at ?? null, since?.eventId ?? null, now],
  );
  if (!changes) throw new Error('the changes of the accounts are one row');
  return changes;
}
