/**
 * What Postgres keeps of each account to sort, filter and count lists: a few numbers, and not its
 * row. Servers compute these entries, and all servers share them (decision 8). A server locks the
 * list before it reads the accounts, so an older read never replaces a newer one.
 */
import type { AccountState } from '../../domain/gate/accountState.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { SendingGroup } from '../../domain/wire/canSend.js';
import { inTransaction, rowsOf, type Pool, type Queryable } from '../pool.js';
import { readStatuses } from '../read/pageReads.js';
import type { StatusRow } from '../read/reads.js';

export type Entry = {
  readonly accountId: string;
  readonly state: AccountState;
  /** The place of the state in an order by urgency. */
  readonly urgency: number;
  readonly sending: SendingGroup;
  readonly group: string | null;
  readonly counter: number;
  /** Rows of the event log of the day. */
  readonly logged: number;
  readonly inFlight: number;
  readonly uncertain: number;
  readonly remaining: number;
  readonly drift: number;
  readonly checkedAt: Instant | null;
  readonly cooldownUntil: Instant | null;
  /** The first instant at which time changes the entry. */
  readonly endsAt: Instant;
};

/** Returns the ids of the accounts that are computed next. */
export type Choose = (db: Queryable) => Promise<readonly string[]>;
type Refresh = {
  readonly choose: Choose;
  readonly now: () => Instant;
  readonly entryOf: (row: StatusRow, at: Instant) => Entry;
};
export type Refreshed = {
  /** The chosen accounts, also those that have no row any more. */
  readonly ids: readonly string[];
  readonly rows: readonly StatusRow[];
  readonly at: Instant;
};

/** Computes the entries of the chosen accounts, and writes those that differ. */
export const refreshEntries = (pool: Pool, { choose, now, entryOf }: Refresh): Promise<Refreshed> =>
  inTransaction(pool, async (db) => {
    // A server that is gone must not stop the others: their pages would use up the connections.
    await db.query(
      "set local lock_timeout = '2s'; set local idle_in_transaction_session_timeout = '10s'",
    );
    await db.query('select from safeband.account_list_read for update');
    const ids = await choose(db);
    const at = now();
    const rows = ids.length === 0 ? [] : await readStatuses(db, ids, at);
    if (rows.length > 0)
      await write(
        db,
        rows.map((row) => entryOf(row, at)),
        at,
      );
    return { ids, rows, at };
  });

const COLUMNS =
  'state, urgency, sending, group_name, counter, logged, in_flight, uncertain, remaining, drift, ' +
  'cooldown_until, ends_at';
const NAMES = COLUMNS.split(', ');
const of = (table: string): string => NAMES.map((name) => `${table}.${name}`).join(', ');

/**
 * The statement that writes entries. An entry whose account had only an audit since is not written:
 * the last audit counts for every connected account.
 */
const WRITE = `
  with audit as (
    select max(ran_at) as ran_at from safeband.reconciler_runs
     where scope = 'fleet' and ran_at <= safeband.at_ms($2)
  )
  insert into safeband.account_list as kept (account_id, ${COLUMNS}, checked_at, as_of)
  select e."accountId", e.state, e.urgency, e.sending, e."group", e.counter, e.logged,
         e."inFlight", e.uncertain, e.remaining, e.drift, safeband.at_ms(e."cooldownUntil"),
         safeband.at_ms(e."endsAt"), safeband.at_ms(e."checkedAt"), safeband.at_ms($2)
    from jsonb_to_recordset($1::jsonb) as e ("accountId" text, state text, urgency smallint,
           sending text, "group" text, counter int, logged int, "inFlight" int, uncertain int,
           remaining int, drift int, "checkedAt" bigint, "cooldownUntil" bigint, "endsAt" bigint)
  on conflict (account_id) do update
     set (${COLUMNS}, checked_at, as_of) = (${of('excluded')}, excluded.checked_at, excluded.as_of)
   where (${of('kept')}) is distinct from (${of('excluded')})
      or kept.checked_at is distinct from excluded.checked_at and
         (excluded.state = 'disconnected'
          or excluded.checked_at is distinct from (select ran_at from audit))`;

const write = async (db: Queryable, entries: readonly Entry[], at: Instant): Promise<void> => {
  await db.query(WRITE, [JSON.stringify(entries), at]);
};

/** Chooses accounts after that one that have no entry yet, by id. */
export const unlisted =
  (after: string, limit: number): Choose =>
  (db) =>
    idsOf(
      db,
      // Each is looked up by itself: a join would read both tables as a whole for each page.
      `select a.account_id from safeband.accounts a
         left join lateral (select true as is_listed from safeband.account_list l
                             where l.account_id = a.account_id limit 1) found on true
        where a.account_id > $1 and found.is_listed is null
        order by a.account_id limit $2`,
      [after, limit],
    );

/** Chooses those accounts of the list that have no entry yet. */
export const unlistedOf =
  (accounts: readonly string[], limit: number): Choose =>
  (db) =>
    idsOf(
      db,
      `select a.account_id from safeband.accounts a
        where a.account_id = any($1::text[])
          and not exists (select from safeband.account_list l where l.account_id = a.account_id)
        limit $2`,
      [accounts, limit],
    );

/** Chooses the next accounts after that one, by id. */
export const following =
  (after: string, limit: number): Choose =>
  (db) =>
    idsOf(
      db,
      'select account_id from safeband.accounts where account_id > $1 order by account_id limit $2',
      [after, limit],
    );

/** Chooses accounts whose entries time has changed. */
export const ended =
  (now: Instant, limit: number): Choose =>
  (db) =>
    idsOf(
      db,
      `select account_id from safeband.account_list
        where ends_at <= safeband.at_ms($1) order by ends_at limit $2`,
      [now, limit],
    );

async function idsOf(
  db: Queryable,
  sql: string,
  values: readonly unknown[],
): Promise<readonly string[]> {
  const [ids = []] = await rowsOf<readonly string[]>(
    db,
    `select coalesce(jsonb_agg(account_id), '[]') as row from (${sql}) chosen`,
    values,
  );
  return ids;
}

/** How far the list is. */
export type ListMark = {
  /** False: the entries of all accounts are written for the first time. */
  readonly isFilled: boolean;
  /** When a server last read which accounts changed, by its clock. */
  readonly readAt: Instant | null;
  /** The last audit: it checks every connected account, and changes none of their rows. */
  readonly auditedAt: Instant | null;
  /** Accounts whose entries time has changed, the first ones. */
  readonly endedIds: readonly string[];
};

/** Reads how far the list is, with at most that many entries that time has changed. */
export async function readMark(db: Queryable, now: Instant, limit: number): Promise<ListMark> {
  const [mark] = await rowsOf<ListMark>(
    db,
    `select jsonb_build_object('isFilled', is_filled, 'readAt', safeband.ms_of(read_at),
       'auditedAt', (select safeband.ms_of(max(ran_at)) from safeband.reconciler_runs
                      where scope = 'fleet' and ran_at <= safeband.at_ms($1)),
       'endedIds', (select coalesce(jsonb_agg(account_id), '[]') from (
          select account_id from safeband.account_list
           where ends_at <= safeband.at_ms($1) order by ends_at limit $2) ended)) as row
     from safeband.account_list_read`,
    [now, limit],
  );
  if (!mark) throw new Error('the mark of the list is one row');
  return mark;
}

/** A place in the changes: the time of the database, and the last row of the event log. */
export type Horizon = { readonly at: Instant; readonly eventId: number };
export type AccountChanges = { readonly horizon: Horizon; readonly accountIds: readonly string[] };

/** How far the clocks of two servers may differ. */
const CLOCKS_MS = 60_000;

/**
 * Reads which accounts changed since the mark of the list: their row was written or edited, their
 * log has more, or a server whose clock was ahead has computed their entry. It reads all rows of
 * accounts: with an index by `recorded_at`, each save would write all indexes of the row again,
 * because it changes that column.
 */
export async function readAccountChanges(db: Queryable, now: Instant): Promise<AccountChanges> {
  const [changes] = await rowsOf<AccountChanges>(
    db,
    `select jsonb_build_object(
       'horizon', jsonb_build_object('at', safeband.ms_of(clock_timestamp()),
         'eventId', (select coalesce(max(event_id), 0) from safeband.inmail_events)),
       'accountIds', (select coalesce(jsonb_agg(account_id), '[]') from (
          select account_id from safeband.accounts
           where recorded_at >= mark.since_at or is_edited
          union
          select account_id from safeband.inmail_events where event_id > mark.since_event
          union
          select account_id from safeband.account_list where as_of > safeband.at_ms($1)
        ) changed)) as row
     from safeband.account_list_read mark`,
    [now + CLOCKS_MS],
  );
  if (!changes) throw new Error('the changes of the accounts are one row');
  return changes;
}

/** A transaction may commit after a later one, so each read begins before the end of the last. */
const OVERLAP_MS = 30_000;

/** Notes the place at which the first read of all accounts begins. */
export const beginMark = async (db: Queryable): Promise<void> => {
  await db.query(
    `update safeband.account_list_read
        set since_at = clock_timestamp() - $1 * interval '1 ms', last_at = clock_timestamp(),
            since_event = (select coalesce(max(event_id), 0) from safeband.inmail_events),
            last_event = (select coalesce(max(event_id), 0) from safeband.inmail_events)
      where since_at is null`,
    [OVERLAP_MS],
  );
};

/** Notes that the entries have all changes up to that place. */
export const moveMark = async (
  db: Queryable,
  { at, eventId }: Horizon,
  readAt: Instant,
): Promise<void> => {
  await db.query(
    `update safeband.account_list_read
        set is_filled = true, read_at = safeband.at_ms($3),
            since_at = case when moves then last_at else since_at end,
            since_event = case when moves then last_event else since_event end,
            last_at = case when moves then safeband.at_ms($1) else last_at end,
            last_event = case when moves then $2 else last_event end
       from (select safeband.at_ms($1) - last_at >= $4 * interval '1 ms' as moves
               from safeband.account_list_read) due`,
    [at, eventId, readAt, OVERLAP_MS],
  );
};
