/** What seals are made of (R29): rows of the event log, their digests, the chain of months. */
import { createHash, type Hash } from 'node:crypto';
import { ConfigError } from '../../platform/environment.js';
import type { Queryable } from '../pool.js';
import { erasedProof, type ErasureKey } from './erasureKey.js';

export const ROWS_AT_ONCE = 5_000;
/** Stands in the first seal in place of the seal before it. */
export const START = '0'.repeat(64);

export type EventRow = {
  readonly eventId: string;
  readonly accountId: string;
  readonly day: string;
  readonly chatId: string;
  readonly messageId: string | null;
  /** All other columns, in their order. */
  readonly rest: string | null;
};
/** Returns the digest of a row: an erasure does not change it. */
export const digestOf = (key: ErasureKey, row: EventRow): Buffer =>
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

export const SELECT = `select event_id::text as "eventId", e.account_id::text as "accountId",
    e.quota_day::text as day, e.chat_id::text as "chatId", e.message_id::text as "messageId",
    jsonb_build_array(event_type, reservation_id, source, safeband.ms_of(delivered_at), is_counted,
      number, safeband.ms_of(recorded_at))::text as rest
  from safeband.inmail_events e`;
export const ORDER = 'order by e.account_id collate "C", e.quota_day, e.event_id';

/** Reads the rows of a statement in parts; the transaction sees one snapshot. */
export async function* rowsIn<Row>(
  db: Queryable,
  name: string,
  sql: string,
  afterPart?: () => void,
): AsyncIterable<Row> {
  await db.query(`declare ${name} no scroll cursor for ${sql}`);
  for (let count = ROWS_AT_ONCE; count === ROWS_AT_ONCE;) {
    const { rows } = await db.query<Row & object>(`fetch ${ROWS_AT_ONCE} from ${name}`);
    yield* rows;
    count = rows.length;
    afterPart?.();
  }
  await db.query(`close ${name}`);
}

export type Chain = {
  readonly month: string | null;
  readonly hash: string;
  readonly keyId: string | null;
};

/** Throws a ConfigError if the seals were made with another key. */
export function checkKey(key: ErasureKey, keyId: string | null): void {
  if (keyId === null || keyId === key.id) return;
  throw new ConfigError(
    `SAFEBAND_ERASURE_KEY is the key ${key.id}, and the event log is sealed with the key ` +
      `${keyId}: set the key of the first seal`,
  );
}

/** Reads the last seal. */
export async function readChain(db: Queryable): Promise<Chain> {
  const { rows } = await db.query<Chain>(
    `select month::text as month, hash, key_id as "keyId" from safeband.event_seals
      order by month desc limit 1`,
  );
  return rows[0] ?? { month: null, hash: START, keyId: null };
}

/** The seal of a month is not there any more. Another one would hide what was changed since. */
export class SealDeleted extends Error {
  readonly month: string;

  constructor(day: string) {
    const month = day.slice(0, 7);
    super(`the seal of ${month} was deleted: no month is sealed until it is restored`);
    this.month = month;
  }
}

/** Returns the first days of the months that had a seal, and have none any more. */
export async function readDeleted(db: Queryable): Promise<readonly string[]> {
  const { rows } = await db.query<{ month: string }>(
    `select month::text from safeband.seal_comparisons c
      where not exists (select from safeband.event_seals s where s.month = c.month)
      order by month`,
  );
  return rows.map(({ month }) => month);
}

/** Returns the first day of the month. */
export const monthOf = (day: string): string => `${day.slice(0, 7)}-01`;
/** Returns the first day of the next month. */
export const after = (month: string): string =>
  new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 1))
    .toISOString()
    .slice(0, 10);

export type Day = {
  readonly accountId: string;
  readonly day: string;
  readonly ids: readonly string[];
  /** Hex: 32 bytes for each id. */
  readonly digests: string;
};

/** Returns the beginning of the hash of a month: it has the seal of the month before. */
export const beginHash = (previous: string, month: string): Hash =>
  createHash('sha256').update(`${previous} ${month}`);
/** Adds a day of an account; days come by account and day. */
export const addDay = (hash: Hash, { accountId, day, ids, digests }: Day): Hash =>
  hash.update(JSON.stringify([accountId, day, ids, digests]));
