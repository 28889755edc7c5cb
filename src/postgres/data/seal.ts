/**
 * Seals of the event log (R29). The digest of a row has the keyed hash of its chat and message in
 * place of the ids, so an erasure changes no seal. The seal of a month has the hash of all digests
 * and of the seal before it.
 */
import { DAY_MS, dayOf, HOUR_MS, isoDay, type Instant } from '../../domain/primitives/time.js';
import { inTransaction, type Pool, type Queryable } from '../pool.js';
import type { ErasureKey } from './erasureKey.js';
import {
  addDay,
  after,
  beginHash,
  checkKey,
  digestOf,
  monthOf,
  ORDER,
  readChain,
  readDeleted,
  rowsIn,
  SealDeleted,
  SELECT,
  type Day,
  type EventRow,
} from './sealRows.js';

/** How long after its end a month is sealed: late proofs have come by then. */
export const SEAL_AFTER_DAYS = 10;

export type Sealed = { readonly month: string; readonly hash: string; readonly rows: number };
export type SealResult = {
  readonly sealed: readonly Sealed[];
  /** Rows of sealed months that no seal has; they are sealed only if a person accepts them. */
  readonly late: number;
};

const DAYS_AT_ONCE = 500;
/** When a month without a comparison was compared: its row shows that its seal existed. */
const NEVER = `timestamptz 'epoch'`;

const unsealed = (before: string): string => `${SELECT}
  where e.quota_day < '${before}'::date and not exists (select from safeband.event_seal_days s
    where s.account_id = e.account_id and s.quota_day = e.quota_day
      and e.event_id = any (s.event_ids)) ${ORDER}`;

export type SealAsk = {
  readonly at: Instant;
  readonly by: string;
  /** True: rows that came to a sealed month after its seal are sealed with the next month. */
  readonly withLate: boolean;
  /** How long after its end a month is sealed. */
  readonly afterDays?: number;
  /** Maximum months; without a number, all closed ones. */
  readonly months?: number;
  /** Maximum time of a statement. */
  readonly statementMs?: number;
  /** Called after each part of the rows; if it throws, the month gets no seal. */
  readonly afterPart?: () => void;
};

/**
 * Seals closed months in their order, each with the hash of the one before. Throws SealDeleted if a
 * seal is missing that was there before.
 */
export async function sealMonths(pool: Pool, key: ErasureKey, ask: SealAsk): Promise<SealResult> {
  const { at, afterDays = SEAL_AFTER_DAYS, months = Infinity } = ask;
  const sealed: Sealed[] = [];
  const closed = monthOf(isoDay(dayOf(at - afterDays * DAY_MS)));
  while (sealed.length < months) {
    const step = await inTransaction(pool, (db) => sealNext(db, key, { ...ask, closed }), {
      begin: 'begin isolation level repeatable read',
    }).catch(refuseSecond);
    if (typeof step === 'number') return { sealed, late: step };
    sealed.push(step);
  }
  return { sealed, late: 0 };
}

/** Two programs that seal the same month at the same time: the second one changes nothing. */
function refuseSecond(error: unknown): never {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== UNIQUE && code !== SERIALIZATION) throw error;
  throw new Error('another program sealed this month at the same time: seal again', {
    cause: error,
  });
}
const UNIQUE = '23505';
const SERIALIZATION = '40001';

/** Returns the month that the next seal is for, if it has ended; null: no month is due. */
export async function dueMonth(
  db: Queryable,
  at: Instant,
  afterDays: number,
): Promise<string | null> {
  const { month: last } = await readChain(db);
  const month = last === null ? await firstMonth(db) : after(last);
  const closed = monthOf(isoDay(dayOf(at - afterDays * DAY_MS)));
  return month !== null && month < closed ? month.slice(0, 7) : null;
}

/** Seals the next month; a number: no month is left, and so many rows are late. */
async function sealNext(
  db: Queryable,
  key: ErasureKey,
  ask: SealAsk & { readonly closed: string },
): Promise<Sealed | number> {
  const { statementMs = HOUR_MS } = ask;
  await db.query(`set local statement_timeout = ${statementMs}; set local timezone = 'UTC'`);
  const last = await readChain(db);
  checkKey(key, last.keyId);
  const [deleted] = await readDeleted(db);
  if (deleted !== undefined) throw new SealDeleted(deleted);
  const month = last.month === null ? await firstMonth(db) : after(last.month);
  if (last.month !== null) {
    const { rows } = await db.query<{ late: number }>(
      `select count(*)::int as late from (${unsealed(month ?? '')}) late`,
    );
    const late = rows[0]?.late ?? 0;
    if (late > 0 && !ask.withLate) return late;
    ask.afterPart?.();
  }
  if (month === null || month >= ask.closed) return 0;
  const hash = beginHash(last.hash, month);
  let rows = 0;
  const all = rowsIn<EventRow>(db, 'unsealed', unsealed(after(month)));
  for await (const days of daysIn(all, key)) {
    for (const day of days) {
      addDay(hash, day);
      rows += day.ids.length;
    }
    await db.query(
      `insert into safeband.event_seal_days (month, account_id, quota_day, event_ids, digests)
       select $1, d->>0, (d->>1)::date, array(select jsonb_array_elements_text(d->2)::bigint),
              decode(d->>3, 'hex') from jsonb_array_elements($2::jsonb) d`,
      [month, JSON.stringify(days.map((d) => [d.accountId, d.day, d.ids, d.digests]))],
    );
    ask.afterPart?.();
  }
  const sealed = { month: month.slice(0, 7), hash: hash.digest('hex'), rows };
  await db.query(
    `insert into safeband.event_seals (month, previous, hash, rows, key_id, sealed_by)
     values ($1, $2, $3, $4, $5, $6)`,
    [month, last.hash, sealed.hash, rows, key.id, ask.by],
  );
  await db.query(
    `insert into safeband.seal_comparisons (month, begun_at) values ($1, ${NEVER})
     on conflict do nothing`,
    [month],
  );
  return sealed;
}

async function firstMonth(db: Queryable): Promise<string | null> {
  const { rows } = await db.query<{ day: string | null }>(
    'select min(quota_day)::text as day from safeband.inmail_events',
  );
  return rows[0]?.day ? monthOf(rows[0].day) : null;
}

/** Returns the days of the rows, which come by account and day, some hundred at a time. */
async function* daysIn(
  rows: AsyncIterable<EventRow>,
  key: ErasureKey,
): AsyncIterable<readonly Day[]> {
  let days: { accountId: string; day: string; ids: string[]; digests: string }[] = [];
  for await (const row of rows) {
    let last = days.at(-1);
    if (last?.accountId !== row.accountId || last.day !== row.day) {
      if (days.length === DAYS_AT_ONCE) {
        yield days;
        days = [];
      }
      last = { accountId: row.accountId, day: row.day, ids: [], digests: '' };
      days.push(last);
    }
    last.ids.push(row.eventId);
    last.digests += digestOf(key, row).toString('hex');
  }
  if (days.length > 0) yield days;
}
