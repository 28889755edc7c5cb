/** Erasures of people whose reservations are deleted (R28, R29). */
import { beforeAll, expect, it } from 'vitest';
import { RETENTION_DEFAULT } from '../../../src/domain/records/retention.js';
import { dayOf } from '../../../src/domain/primitives/time.js';
import { erasePerson, type EraseAsk, type Erased } from '../../../src/postgres/data/erase.js';
import { erasedProof, keyOf } from '../../../src/postgres/data/erasureKey.js';
import { sealMonths } from '../../../src/postgres/data/seal.js';
import { verifySeals } from '../../../src/postgres/data/verifySeals.js';
import { pruneRows } from '../../../src/postgres/operations/prune.js';
import { inTransaction, type Pool } from '../../../src/postgres/pool.js';
import { safeband } from '../../support/cli.js';
import { withDatabase } from '../../support/database.js';
import { fillYear } from '../../support/madeUpYear.js';
import { tablesWith } from '../../support/wordsInTables.js';

const SECRET = Buffer.alloc(32, 7);
const key = keyOf(SECRET);
const now = Date.now();
const today = dayOf(now);
const PERSON = 'ACoAApast';
const CHATS = ['2-past1', '2-past2'];
const hashOf = (id: string): string => erasedProof(key, id);

/**
 * A delivered InMail of 200 days ago, which no rule needs. Its attempt has another chat than its
 * reservation, so the log has both; the person answered in the first.
 */
const SEND = `
  with slot as (
    insert into safeband.reservations (account_id, reservation_id, quota_day, state, reserved_at,
      lease_expires_at, settled_at, chat_id, recipient_id, recipient_key, number)
    values ('a000001', 'past', safeband.day_at($1::int) - 200, 'delivered', now(), now(), now(),
      $3::text, $2::text, $5::text, 1)
    returning quota_day),
  attempt as (
    insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at,
      outcome, chat_id, settled_at)
    select 'a000001', 'past', quota_day, now(), 'delivered', $4::text, now() from slot),
  reply as (
    insert into safeband.replies (account_id, chat_id, replied_at, sent_at, number)
    values ('a000001', $3::text, now(), now(), 1))
  insert into safeband.inmail_events (account_id, reservation_id, chat_id, message_id, source,
    quota_day, delivered_at)
  select 'a000001', case when chat = $3::text then 'past' end, chat, 'm-' || chat, 'journal',
         quota_day, now() from slot, unnest(array[$3::text, $4::text]) chat`;

let pool: Pool;
let url: string;
withDatabase(async (own, address) => {
  pool = own;
  url = address;
  await fillYear(pool, { accounts: 1, days: 2, perDay: 1, today });
});

const erase = (more: Partial<EraseAsk> = {}): Promise<Erased> =>
  erasePerson(pool, key, {
    recipientId: PERSON.toUpperCase(),
    chats: [],
    by: 'ada',
    reason: 'request 4711',
    at: now,
    isApplied: true,
    ...more,
  });
/** Each table that has one of these words in any column. */
const tablesWithAny = (...words: readonly string[]) => tablesWith(pool, words.join('|'));

beforeAll(async () => {
  await pool.query(SEND, [today, `urn:li:member:${PERSON}`, ...CHATS, PERSON.toLowerCase()]);
  await sealMonths(pool, key, { at: now, by: 'ada', withLate: false });
});

it('the chats of a person whose reservations were deleted are erased, and seals stay', async () => {
  const before = await verifySeals(pool, key);
  const keep = { ...RETENTION_DEFAULT, heartbeats: null };
  expect(await pruneRows(pool, { at: now, keep })).toBe(2);
  // The id of the recipient is deleted, and its hash stays.
  expect(await tablesWithAny(PERSON)).toEqual([]);
  expect(await tablesWithAny(CHATS[0] ?? '')).toEqual([
    'inmail_events',
    'recipient_chats',
    'replies',
  ]);
  expect(await erase({ isApplied: false })).toMatchObject({
    rows: { inmail_events: 2, recipient_chats: 2, replies: 1 },
    chatsKnownSince: null,
  });
  await erase();
  expect(await tablesWithAny(PERSON, ...CHATS)).toEqual([]);
  const { rows } = await pool.query(
    `select chat_id as chat from safeband.inmail_events where quota_day = safeband.day_at($1)
      order by reservation_id`,
    [today - 200],
  );
  expect(rows).toEqual(CHATS.map((chat) => ({ chat: hashOf(chat) })));
  expect(await verifySeals(pool, key)).toEqual(before);
  expect(await erase()).toMatchObject({ rows: {} });
});

it('an erased reservation that is deleted later leaves no chat', async () => {
  const deleted = inTransaction(pool, async (db) => {
    await db.query(
      `update safeband.reservations set recipient_id = $1, recipient_key = $1, chat_id = $2,
          number = number + 1`,
      [hashOf(PERSON), hashOf('chat')],
    );
    await db.query('delete from safeband.reservations');
    const left = await db.query('select from safeband.recipient_chats');
    throw new Error(`left: ${left.rowCount}`);
  });
  await expect(deleted).rejects.toThrow('left: 0');
});

it('an erasure names the chats that it cannot find', async () => {
  const env = { DATABASE_URL: url, SAFEBAND_ERASURE_KEY: SECRET.toString('base64') };
  const ask = ['erase', 'recipient', PERSON, '--reason', 'request 4712'];
  const external = 'not found: chats of external sends, because they name no recipient';
  const { out } = await safeband(ask, { env });
  expect(out).toContain(external);
  expect(out).not.toContain('reservations before');
  // An older version had deleted reservations before this one was installed.
  await pool.query(
    `update safeband.retention set unlinked_before = '2026-06-03' where relation = 'reservations'`,
  );
  expect((await safeband(ask, { env })).out).toContain(
    'not found: chats of reservations before 2026-06-03, which an older version deleted; name them',
  );
  expect(JSON.parse((await safeband([...ask, '--json'], { env })).out)).toMatchObject({
    chatsKnownSince: '2026-06-03',
  });
});
