/**
 * Seals of the event log (R29). The digest of a row has the keyed hash of its chat and message in
 * place of the ids, so an erasure changes no seal. The seal of a month has the hash of all digests
 * and of the seal before it.
 */
import { createHash } from 'node:crypto';
import { DAY_MS, dayOf, HOUR_MS, isoDay, type Instant } from '../../domain/primitives/time.js';
import { inTransaction, type Pool, type Queryable } from '../pool.js';
import { erasedProof, type ErasureKey } from './erasureKey.js';

/** How long after its end a month is sealed: late proofs have come by then. */
export const SEAL_AFTER_DAYS = 10;
const ROWS_AT_ONCE = 5_000;
const START = '0'.repeat(64);

type EventRow = {
  readonly eventId: string;
  readonly accountId: string;
  readonly day: string;
  readonly chatId: string;
  readonly messageId: string | null;
  /** All other columns, in their order. */
  readonly rest: string | null;
};
export type Sealed = { readonly month: string; readonly hash: string; readonly rows: number };
export type SealResult = {
  readonly sealed: readonly Sealed[];
  /** Rows of sealed months that no seal has; they are sealed only if a person accepts them. */
  readonly late: number;
};

const digestOf = (key: ErasureKey, row: EventRow): Buffer =>
  createHash('sha256')
    .update(
      JSON.stringify([
        row.eventId,
        row.accountId,
        row.day,
        erasedProof(key, row.chatId),
        row.messageId === null ? null : erasedProof(key, row.messageId),
        row.rest,
      ]),
    )
    .digest();

const SELECT = `select event_id::text as "eventId", e.account_id::text as "accountId",
    e.quota_day::text as day, e.chat_id::text as "chatId", e.message_id::text as "messageId",
    jsonb_build_array(event_type, reservation_id, source, safeband.ms_of(delivered_at), is_counted,
      number, safeband.ms_of(recorded_at))::text as rest
  from safeband.inmail_events e`;
const ORDER = 'order by e.account_id collate "C", e.quota_day, e.event_id';

/** Reads the rows of a statement in parts; the transaction sees one snapshot. */
async function* rowsIn<Row>(db: Queryable, name: string, sql: string): AsyncIterable<Row> {
  await db.query(`declare ${name} no scroll cursor for ${sql}`);
  for (let count = ROWS_AT_ONCE; count === ROWS_AT_ONCE;) {
    const { rows } = await db.query<Row & object>(`fetch ${ROWS_AT_ONCE} from ${name}`);
    yield* rows;
    count = rows.length;
  }
  await db.query(`close ${name}`);
}

const unsealed = (before: string): string => `${SELECT}
  where e.quota_day < '${before}'::date and not exists (select from safeband.event_seal_days s
    where s.account_id = e.account_id and s.quota_day = e.quota_day
      and e.event_id = any (s.event_ids)) ${ORDER}`;

type Chain = {
  readonly month: string | null;
  readonly hash: string;
  readonly keyId: string | null;
};

/** Seals all closed months in their order, each with the hash of the one before. */
export async function sealMonths(
  pool: Pool,
  key: ErasureKey,
  ask: { readonly at: Instant; readonly by: string; readonly withLate: boolean },
): Promise<SealResult> {
  const sealed: Sealed[] = [];
  const closed = monthOf(isoDay(dayOf(ask.at - SEAL_AFTER_DAYS * DAY_MS)));
  for (;;) {
    const step = await inTransaction(pool, (db) => sealNext(db, key, { ...ask, closed }), {
      begin: 'begin isolation level repeatable read',
    });
    if (typeof step === 'number') return { sealed, late: step };
    sealed.push(step);
  }
}

/** Seals the next month; a number: no month is left, and so many rows are late. */
async function sealNext(
  db: Queryable,
  key: ErasureKey,
  ask: { readonly by: string; readonly withLate: boolean; readonly closed: string },
): Promise<Sealed | number> {
  await db.query(`set local statement_timeout = ${HOUR_MS}; set local timezone = 'UTC'`);
  // Before the first read: two programs never seal the same month.
  await db.query('lock table safeband.event_seals in share row exclusive mode');
  const last = await readChain(db);
  checkKey(key, last.keyId);
  const month = last.month === null ? await firstMonth(db) : after(last.month);
  if (last.month !== null) {
    const { rows } = await db.query<{ late: number }>(
      `select count(*)::int as late from (${unsealed(month ?? '')}) late`,
    );
    const late = rows[0]?.late ?? 0;
    if (late > 0 && !ask.withLate) return late;
  }
  if (month === null || month >= ask.closed) return 0;
  const days = await daysIn(rowsIn<EventRow>(db, 'unsealed', unsealed(after(month))), key);
  const hash = hashOfMonth(last.hash, month, days);
  const rows = days.reduce((sum, { ids }) => sum + ids.length, 0);
  await db.query(
    `insert into safeband.event_seals (month, previous, hash, rows, key_id, sealed_by)
     values ($1, $2, $3, $4, $5, $6)`,
    [month, last.hash, hash, rows, key.id, ask.by],
  );
  for (let from = 0; from < days.length; from += ROWS_AT_ONCE) {
    const part = days.slice(from, from + ROWS_AT_ONCE);
    await db.query(
      `insert into safeband.event_seal_days (month, account_id, quota_day, event_ids, digests)
       select $1, d->>0, (d->>1)::date, array(select jsonb_array_elements_text(d->2)::bigint),
              decode(d->>3, 'hex') from jsonb_array_elements($2::jsonb) d`,
      [month, JSON.stringify(part.map((d) => [d.accountId, d.day, d.ids, d.digests]))],
    );
  }
  return { month: month.slice(0, 7), hash, rows };
}

function checkKey(key: ErasureKey, keyId: string | null): void {
  if (keyId === null || keyId === key.id) return;
  throw new Error(
    `the event log is sealed with the key ${keyId}, and SAFEBAND_ERASURE_KEY is ${key.id}: ` +
      'set the key of the first seal',
  );
}

async function readChain(db: Queryable): Promise<Chain> {
  const { rows } = await db.query<Chain>(
    `select month::text as month, hash, key_id as "keyId" from safeband.event_seals
      order by month desc limit 1`,
  );
  return rows[0] ?? { month: null, hash: START, keyId: null };
}

async function firstMonth(db: Queryable): Promise<string | null> {
  const { rows } = await db.query<{ day: string | null }>(
    'select min(quota_day)::text as day from safeband.inmail_events',
  );
  return rows[0]?.day ? monthOf(rows[0].day) : null;
}

const monthOf = (day: string): string => `${day.slice(0, 7)}-01`;
/** Returns the first day of the next month. */
const after = (month: string): string =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 1))
    .toISOString()
    .slice(0, 10);

type Day = {
  readonly accountId: string;
  readonly day: string;
  readonly ids: readonly string[];
  /** Hex: 32 bytes for each id. */
  readonly digests: string;
};

async function daysIn(rows: AsyncIterable<EventRow>, key: ErasureKey): Promise<readonly Day[]> {
  const days: { accountId: string; day: string; ids: string[]; digests: string }[] = [];
  for await (const row of rows) {
    let last = days.at(-1);
    if (last?.accountId !== row.accountId || last.day !== row.day) {
      last = { accountId: row.accountId, day: row.day, ids: [], digests: '' };
      days.push(last);
    }
    last.ids.push(row.eventId);
    last.digests += digestOf(key, row).toString('hex');
  }
  return days;
}

function hashOfMonth(previous: string, month: string, days: readonly Day[]): string {
  const hash = createHash('sha256').update(`${previous} ${month}`);
  for (const { accountId, day, ids, digests } of days) {
    hash.update(JSON.stringify([accountId, day, ids, digests]));
  }
  return hash.digest('hex');
}

export type Flaw = {
  readonly flaw: 'edited' | 'missing' | 'added' | 'seal';
  readonly accountId: string | null;
  readonly day: string;
  readonly eventId: string | null;
};
export type Verified = {
  readonly months: number;
  readonly rows: number;
  /** The hash of the last seal: keep it where no login of this database can change it. */
  readonly head: string;
  readonly flaws: readonly Flaw[];
  readonly isCut: boolean;
};
const FLAWS_MAX = 100;

/** Compares all sealed months with the rows, and each seal with the one before it. */
export function verifySeals(pool: Pool, key: ErasureKey): Promise<Verified> {
  return inTransaction(
    pool,
    async (db) => {
      await db.query(`set local statement_timeout = ${HOUR_MS}; set local timezone = 'UTC'`);
      const last = await readChain(db);
      checkKey(key, last.keyId);
      const seals = await verifyChain(db);
      const rows = last.month === null ? [] : await verifyRows(db, key, after(last.month));
      const flaws = [...seals.flaws, ...rows];
      return {
        months: seals.months,
        rows: seals.rows,
        head: last.hash,
        flaws: flaws.slice(0, FLAWS_MAX),
        isCut: flaws.length > FLAWS_MAX,
      };
    },
    { begin: 'begin isolation level repeatable read read only' },
  );
}

async function verifyChain(
  db: Queryable,
): Promise<{ readonly months: number; readonly rows: number; readonly flaws: readonly Flaw[] }> {
  const { rows: seals } = await db.query<{
    month: string;
    previous: string;
    hash: string;
    rows: string;
  }>('select month::text, previous, hash, rows::text from safeband.event_seals order by month');
  const flaws: Flaw[] = [];
  let [previous, expected, count] = [START, seals[0]?.month ?? '', 0];
  for (const seal of seals) {
    const { rows: days } = await db.query<Day>(
      `select account_id::text as "accountId", quota_day::text as day,
              array(select unnest(event_ids)::text) as ids, encode(digests, 'hex') as digests
         from safeband.event_seal_days where month = $1
        order by account_id collate "C", quota_day`,
      [seal.month],
    );
    const isWhole = hashOfMonth(previous, seal.month, days) === seal.hash;
    if (!isWhole || seal.previous !== previous || seal.month !== expected) {
      flaws.push({ flaw: 'seal', accountId: null, day: seal.month, eventId: null });
    }
    [previous, expected] = [seal.hash, after(seal.month)];
    count += Number(seal.rows);
  }
  return { months: seals.length, rows: count, flaws };
}

type Compared = { readonly accountId: string; readonly day: string; readonly eventId: string };

/** Compares each row with its digest: both sides come in the same order. */
async function verifyRows(
  db: Queryable,
  key: ErasureKey,
  before: string,
): Promise<readonly Flaw[]> {
  const flaws: Flaw[] = [];
  const joined = `
    with sealed as (
      select account_id, quota_day, id,
              encode(substring(digests from n::int * 32 - 31 for 32), 'hex')
               as digest
        from safeband.event_seal_days, unnest(event_ids) with ordinality as t (id, n)),
    rows as (${SELECT} where e.quota_day < '${before}'::date)
    select coalesce(rows."accountId", s.account_id::text) as "accountId",
           coalesce(rows.day, s.quota_day::text) as day,
           coalesce(rows."eventId", s.id::text) as "eventId",
           "chatId", "messageId", rest, s.digest
      from rows full join sealed s
        on s.id = rows."eventId"::bigint and s.account_id::text = rows."accountId"
       and s.quota_day = rows.day::date`;
  const all = rowsIn<EventRow & { readonly digest: string | null }>(db, 'compared', joined);
  for await (const row of all) {
    const place: Compared = { accountId: row.accountId, day: row.day, eventId: row.eventId };
    if (row.digest === null) flaws.push({ flaw: 'added', ...place });
    else if (row.rest === null) flaws.push({ flaw: 'missing', ...place });
    else if (digestOf(key, row).toString('hex') !== row.digest) {
      flaws.push({ flaw: 'edited', ...place });
    }
    if (flaws.length > FLAWS_MAX) break;
  }
  return flaws;
}
