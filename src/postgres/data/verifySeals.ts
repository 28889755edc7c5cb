/** Compares sealed months with the event log (R29). */
import { HOUR_MS } from '../../domain/primitives/time.js';
import { inTransaction, type Pool, type Queryable } from '../pool.js';
import type { ErasureKey } from './erasureKey.js';
import {
  after,
  checkKey,
  digestOf,
  hashOfMonth,
  readChain,
  rowsIn,
  SELECT,
  START,
  type Day,
  type EventRow,
} from './sealRows.js';

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
      const rows =
        last.month === null ? [] : await verifyRows(db, key, { before: after(last.month) });
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

/** Compares each seal with its days and with the seal before it. */
export async function verifyChain(
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

/** Compares each row before a day with its digest; with `from`, only the rows since that day. */
export async function verifyRows(
  db: Queryable,
  key: ErasureKey,
  { from, before }: { readonly from?: string; readonly before: string },
): Promise<readonly Flaw[]> {
  const since = `'${from ?? '-infinity'}'::date`;
  const flaws: Flaw[] = [];
  const joined = `
    with sealed as (
      select account_id, quota_day, id,
              encode(substring(digests from n::int * 32 - 31 for 32), 'hex')
               as digest
        from safeband.event_seal_days, unnest(event_ids) with ordinality as t (id, n)
       where quota_day >= ${since} and quota_day < '${before}'::date),
    rows as (${SELECT} where e.quota_day >= ${since} and e.quota_day < '${before}'::date)
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
