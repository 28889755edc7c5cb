/**
 * Finds what is new in journal and event log since the last audit of the fleet (R8), and has no
 * reservation that knows it.
 */
import { EVIDENCE_DAYS, REMEMBERED_DAYS } from '../../domain/primitives/limits.js';
import type { UtcDay } from '../../domain/primitives/time.js';
import { onlyRow, type Queryable } from '../pool.js';

/**
 * How old a row must be for this audit; the next audit checks younger rows. Reason: a grant's
 * journal row may be written before its reservation's row, which is saved within 15 s.
 */
const YOUNG = '30 seconds';
/** Accounts whose rows one statement reads, if no horizon limits them. */
export const NEWS_PAGE = 1_000;

export type News = {
  readonly accountIds: readonly string[];
  /** The transaction from which the next audit has to read. */
  readonly horizon: string;
};

/** Rows of journal and log, and the result of a statement that reads them. */
const FOUND = `
  aged as (
    select account_id::text as id, written_in,
           greatest(recorded_at, settled_at) < clock_timestamp() - interval '${YOUNG}' as is_old
      from news
  )
  select coalesce(array_agg(distinct id) filter (where is_old), '{}') as "accountIds",
         least(pg_snapshot_xmin(pg_current_snapshot()),
           (select written_in from aged where not is_old order by written_in limit 1))::text
           as horizon`;
const ATTEMPT = 's.account_id, s.written_in, s.recorded_at, s.settled_at';
/** True for an attempt that its reservation does not know: no grant, or a better outcome. */
const IS_NEWS = `case when r.state is null then coalesce(s.outcome, '') <> 'void'
                      when s.outcome = 'delivered' then r.state <> 'delivered'
                      else s.outcome is not null and r.state = 'uncertain'
                        and coalesce(s.error_code, '') <> 'unknown' end`;

/**
 * Finds accounts whose journal or log contains more than their reservations, among the rows written
 * since the last audit that reached every account: attempts and events without a grant, and
 * outcomes that lift a slot. Without such an audit, or if it was too long ago for one statement, it
 * reads the rows of the days that matter, some accounts at a time; `onPage` is called after each.
 */
export async function readNews(db: Queryable, day: UtcDay, onPage = NOTHING): Promise<News> {
  const since = await readHorizon(db);
  if (since === null) return readAll(db, day, onPage);
  try {
    return await readSince(db, since, day);
  } catch (error) {
    if (!isTooLong(error)) throw error;
    return readAll(db, day, onPage);
  }
}

const NOTHING = (): void => undefined;

/**
 * Reads the rows that were written since that transaction. A row with a higher number than every
 * transaction of this server came with a restore from another server: the first audit after the
 * restore read it. Without the limit, each audit would read these rows again.
 */
async function readSince(db: Queryable, since: string, day: UtcDay): Promise<News> {
  const { rows } = await db.query<News>(
    `with news as (
       select ${ATTEMPT}
         from safeband.send_attempts s
         left join safeband.reservations r using (account_id, reservation_id)
        where s.written_in >= $1::xid8 and s.quota_day >= safeband.day_at($2) and ${IS_NEWS}
          and s.written_in < pg_snapshot_xmax(pg_current_snapshot())
       union all
       select account_id, written_in, recorded_at, null
         from safeband.inmail_events
        where number is null and written_in >= $1::xid8
          and written_in < pg_snapshot_xmax(pg_current_snapshot())
     ), ${FOUND} from aged`,
    [since, day - REMEMBERED_DAYS],
  );
  return onlyRow(rows);
}

type Page = News & { readonly last: string | null };

/** Reads the days that a reconcile can use, account by account in the index. */
async function readAll(db: Queryable, day: UtcDay, onPage: () => void): Promise<News> {
  const accountIds: string[] = [];
  let horizon: bigint | null = null;
  for (let after: string | null = ''; after !== null;) {
    const { rows }: { rows: Page[] } = await db.query<Page>(
      `with page as materialized (
         select account_id from safeband.accounts
          where account_id > $1 and state <> 'disconnected' order by account_id limit $4
       ), news as (
         select found.* from page cross join lateral (
           select ${ATTEMPT}
             from safeband.send_attempts s
             left join safeband.reservations r using (account_id, reservation_id)
            where s.account_id = page.account_id and s.quota_day >= safeband.day_at($2)
              and ${IS_NEWS}
           union all
           select e.account_id, e.written_in, e.recorded_at, null
             from safeband.inmail_events e
            where e.account_id = page.account_id and e.quota_day >= safeband.day_at($3)
              and e.number is null
           offset 0) found
       ), ${FOUND}, (select max(account_id)::text from page) as last from aged`,
      [after, day - REMEMBERED_DAYS, day - EVIDENCE_DAYS, NEWS_PAGE],
    );
    const page: Page = onlyRow(rows);
    accountIds.push(...page.accountIds);
    const from = BigInt(page.horizon);
    if (horizon === null || from < horizon) horizon = from;
    after = page.last;
    onPage();
  }
  return { accountIds, horizon: String(horizon ?? 0n) };
}

/** Postgres: the statement was cancelled, because it reached its time limit. */
const CANCELLED = '57014';
const isTooLong = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === CANCELLED;

/**
 * Reads the transaction from which this audit has to read: the last audit that reached every
 * account recorded it. Null: there was none, or the database's count of transactions is lower, as
 * after a restore from a backup.
 */
async function readHorizon(db: Queryable): Promise<string | null> {
  const { rows } = await db.query<{ horizon: string | null }>(
    `select case when horizon <= pg_snapshot_xmax(pg_current_snapshot()) then horizon::text end
              as horizon
       from (select (explanation->>'horizon')::xid8 as horizon from safeband.reconciler_runs
              where scope = 'fleet' and explanation ? 'horizon' order by ran_at desc limit 1) last`,
  );
  return rows[0]?.horizon ?? null;
}
