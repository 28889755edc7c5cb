/** Compares sealed months with the event log (R29). */
import { HOUR_MS } from '../../domain/primitives/time.js';
import { inTransaction, type Pool, type Queryable } from '../pool.js';
import type { ErasureKey } from './erasureKey.js';
import {
  addDay,
  after,
  beginHash,
  checkKey,
  digestOf,
  readChain,
  readDeleted,
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

export type Seal = {
  readonly month: string;
  readonly previous: string;
  readonly hash: string;
  readonly rows: string;
};

/** Returns the seals, in the order of their months. */
export async function readSeals(db: Queryable): Promise<readonly Seal[]> {
  const { rows } = await db.query<Seal>(
    'select month::text, previous, hash, rows::text from safeband.event_seals order by month',
  );
  return rows;
}

/** Compares each seal with its days and with the seal before it, and finds deleted seals. */
export async function verifyChain(
  db: Queryable,
): Promise<{ readonly months: number; readonly rows: number; readonly flaws: readonly Flaw[] }> {
  const seals = await readSeals(db);
  const flaws: Flaw[] = [];
  for (const [turn, seal] of seals.entries()) {
    const isSame = (await sealFlaw(db, seal, { before: seals[turn - 1] })) === undefined;
    if (!isSame) flaws.push(flawOfSeal(seal.month));
  }
  for (const month of await readDeleted(db)) flaws.push(flawOfSeal(month));
  const rows = seals.reduce((sum, seal) => sum + Number(seal.rows), 0);
  return { months: seals.length, rows, flaws };
}

/** Returns the flaw of a month whose seal was changed or deleted. */
export const flawOfSeal = (month: string): Flaw => ({
  flaw: 'seal',
  accountId: null,
  day: month,
  eventId: null,
});

/** Compares a seal with its days and with the seal before it; undefined: they are the same. */
export async function sealFlaw(
  db: Queryable,
  seal: Seal,
  { before, afterPart }: { readonly before: Seal | undefined; readonly afterPart?: () => void },
): Promise<Difference | undefined> {
  const hash = beginHash(before?.hash ?? START, seal.month);
  const days = rowsIn<Day>(
    db,
    'days',
    `select account_id::text as "accountId", quota_day::text as day,
            array(select unnest(event_ids)::text) as ids, encode(digests, 'hex') as digests
       from safeband.event_seal_days where month = '${seal.month}'::date
      order by account_id collate "C", quota_day`,
    afterPart,
  );
  for await (const day of days) addDay(hash, day);
  const found = hash.digest('hex');
  const isNext = before === undefined || seal.month === after(before.month);
  if (found === seal.hash && seal.previous === (before?.hash ?? START) && isNext) return undefined;
  return { ...flawOfSeal(seal.month), now: `${seal.previous} ${seal.hash} ${found}` };
}

/** `now`: the digest of the row as it is, or the hashes of the seal; null: it is missing. */
export type Difference = Flaw & { readonly now: string | null };
type RowsAsk = {
  readonly from?: string;
  readonly before: string;
  readonly afterPart?: () => void;
};

/** Returns the first differences of the rows before a day; with `from`, of those since that day. */
export async function verifyRows(
  db: Queryable,
  key: ErasureKey,
  ask: RowsAsk,
): Promise<readonly Flaw[]> {
  const flaws: Flaw[] = [];
  for await (const { now: _now, ...flaw } of differencesIn(db, key, ask)) {
    flaws.push(flaw);
    if (flaws.length > FLAWS_MAX) break;
  }
  return flaws;
}

/** Compares each row before a day with its digest; with `from`, only the rows since that day. */
export async function* differencesIn(
  db: Queryable,
  key: ErasureKey,
  ask: RowsAsk,
): AsyncIterable<Difference> {
  const { from, before, afterPart } = ask;
  const since = `'${from ?? '-infinity'}'::date`;
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
  const all = rowsIn<EventRow & { readonly digest: string | null }>(
    db,
    'compared',
    joined,
    afterPart,
  );
  for await (const row of all) {
    const place = { accountId: row.accountId, day: row.day, eventId: row.eventId };
    const now = row.rest === null ? null : digestOf(key, row).toString('hex');
    if (row.digest === null) yield { flaw: 'added', ...place, now };
    else if (now === null) yield { flaw: 'missing', ...place, now };
    else if (now !== row.digest) yield { flaw: 'edited', ...place, now };
  }
}
