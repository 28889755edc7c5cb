/** A life for data (R28): its checks on a real database, and the mutants that fail them. */
import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'vitest';
import { dayOf, startOf } from '../../src/domain/primitives/time.js';
import { isRecipientId } from '../../src/domain/primitives/ids.js';
import { inTransaction } from '../../src/postgres/pool.js';
import { at, must } from '../support/scenario.js';
import type { DatabaseCheck } from './desk.js';
import type { Mutant } from './mutant.js';
import { needed } from './retentionCheck.js';

/** A delivered InMail of January 2026 in the tables, and the same recipient in a past send. */
export const ONE_SEND = `
  with slot as (
    insert into safeband.reservations (account_id, reservation_id, quota_day, state, recipient_id,
      recipient_key, reserved_at, lease_expires_at, settled_at, chat_id, number)
    values ($1, 'old', '2026-01-05', 'delivered', $2, lower($2), now(), now(), now(), $3, 1)),
  event as (
    insert into safeband.inmail_events
      (account_id, reservation_id, chat_id, source, quota_day, delivered_at)
    values ($1, 'old', $3, 'pipeline', '2026-01-05', '2026-01-05T09:00:00Z'))
  insert into safeband.past_sends (account_id, sent_at, recipient_id, recipient_key, place,
    is_counted, imported_by)
  values ($1, '2026-01-01T09:00:00Z', $2, lower($2), 1, false, 'ada')`;
/** Checks share a database: each has its own member and chat. */
export const memberOf = ({ accountId }: { accountId: string }): string => `ACoAA-${accountId}`;

const erasedEverywhere: DatabaseCheck = async (desk) => {
  const { pool, build, accountId } = desk;
  await desk.begin({ recipientMemoryDays: 365 });
  const member = memberOf(desk);
  await pool.query(ONE_SEND, [accountId, member, `chat-${accountId}`]);
  const key = build.keyOf(Buffer.alloc(32, 7));
  const ask = { recipientId: member, chats: [], by: 'ada', reason: 'asked', at: at('09:00') };
  expect(await build.erasePerson(pool, key, { ...ask, isApplied: true })).toMatchObject({
    remembered: [],
  });
  const left = await desk.all(
    `select 'reservations' as place from safeband.reservations r
      where account_id = $1 and to_jsonb(r)::text ~* $2
     union all select 'inmail_events' from safeband.inmail_events e
      where account_id = $1 and to_jsonb(e)::text ~* $2
     union all select 'past_sends' from safeband.past_sends p
      where account_id = $1 and to_jsonb(p)::text ~* $2`,
    `${member}|chat-${accountId}`,
  );
  expect(left).toEqual([]);
  const activities = build.createActivities({ pool, erasureKey: key });
  const contacts = { accountId, recipients: [must(isRecipientId, member)], since: 0 };
  expect(await activities.findContacts(contacts)).toMatchObject({ found: [{ recipient: 0 }] });
  // The log accepts no other value, also in a transaction that has a trace.
  const forged = `with trace as (insert into safeband.erasures (hash, erased_by, reason)
      select hash, 'eve', 'none' from safeband.erasures limit 1 returning 1)
    select count(*) from trace`;
  const change = inTransaction(pool, async (db) => {
    await db.query(forged);
    return db.query(`update safeband.inmail_events set source = 'external' where account_id = $1`, [
      accountId,
    ]);
  });
  expect(await change.then(() => 'changed', String)).toContain('append-only');
};

/** An attempt of that InMail with another chat than its reservation, and its row in the log. */
const OTHER_CHAT = `
  with event as (
    insert into safeband.inmail_events (account_id, chat_id, source, quota_day, delivered_at)
    values ($1, $2::text, 'journal', '2026-01-05', '2026-01-05T09:01:00Z'))
  insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at, outcome,
    chat_id, settled_at)
  values ($1, 'old', '2026-01-05', now(), 'delivered', $2::text, now())`;

const erasedAfterDeletion: DatabaseCheck = async (desk) => {
  const { pool, build, accountId } = desk;
  const now = at('09:00');
  await desk.begin();
  const member = memberOf(desk);
  await pool.query(ONE_SEND, [accountId, member, `chat-${accountId}`]);
  await pool.query(OTHER_CHAT, [accountId, `other-${accountId}`]);
  for (const table of ['send_attempts', 'reservations', 'past_sends']) {
    const values = [table, startOf(dayOf(now))];
    await pool.query(`select safeband.prune_rows($1, safeband.at_ms($2), 180, false)`, values);
  }
  const log = `select to_jsonb(e) as row from safeband.inmail_events e
    where account_id = $1 and chat_id in ($2, $3)`;
  const chats = [`chat-${accountId}`, `other-${accountId}`];
  expect(await desk.all(log, ...chats)).toHaveLength(2);
  const deleted = 'select from safeband.reservations where account_id = $1';
  expect(await desk.all(deleted)).toEqual([]);
  const key = build.keyOf(Buffer.alloc(32, 7));
  const ask = { recipientId: member, chats: [], by: 'ada', reason: 'asked', at: now };
  await build.erasePerson(pool, key, { ...ask, isApplied: true });
  expect(await desk.all(log, ...chats)).toEqual([]);
};

const verified: DatabaseCheck = async (desk) => {
  const { pool, build, accountId } = desk;
  await desk.begin();
  await pool.query(ONE_SEND, [accountId, memberOf(desk), `chat-${accountId}`]);
  const key = build.keyOf(Buffer.alloc(32, 7));
  await build.sealMonths(pool, key, { at: at('09:00'), by: 'ada', withLate: true });
  await pool.query(
    `insert into safeband.inmail_events (account_id, chat_id, source, quota_day, delivered_at)
     values ($1, $2, 'external', '2026-01-06', now())`,
    [accountId, `added-${accountId}`],
  );
  const { flaws } = await build.verifySeals(pool, key);
  expect(flaws).toEqual([expect.objectContaining({ flaw: 'added', accountId, day: '2026-01-06' })]);
  const signed = await build.exportMonth(
    pool,
    key,
    {
      month: '2026-01',
      accounts: null,
      group: null,
      by: 'ada',
      at: at('09:00'),
      privateKey: generateKeyPairSync('ed25519').privateKey,
    },
    () => undefined,
  );
  expect(signed).toEqual({ result: 'broken' });
  // The next check begins with a whole chain.
  await build.sealMonths(pool, key, { at: at('09:00'), by: 'ada', withLate: true });
};

export const DATA_CHECKS = {
  'an erased person is in no table, and is still refused': erasedEverywhere,
  'the chats of deleted reservations are erased': erasedAfterDeletion,
  'verify finds a row that was added to a sealed month': verified,
  'a row that a rule still needs is kept': needed,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type DataCheckName = keyof typeof DATA_CHECKS;

const RETENTION = 'migrations/0051_retention.sql';
const PRUNE = 'migrations/0067_order_retention.sql';
const ERASURE = 'migrations/0053_erasure_and_seals.sql';
const CHATS = 'migrations/0066_recipient_chats.sql';
export const DATA_MUTANTS: readonly Mutant<DataCheckName>[] = [
  {
    rule: 'R28',
    what: 'recipients that the memory needs are deleted',
    file: PRUNE,
    old: 'or c.quota_day < today - safeband.contact_days(a))',
    mutated: 'or true)',
    by: 'a row that a rule still needs is kept',
  },
  {
    rule: 'R28',
    what: 'the attempt of an uncertain slot is deleted',
    file: RETENTION,
    old: `r.state in ('delivered', 'released') and r.quota_day < account_day - 35`,
    mutated: 'r.quota_day < account_day - 35',
    by: 'a row that a rule still needs is kept',
  },
  {
    rule: 'R28',
    what: 'the accounts of an order are deleted while its hold is in force',
    file: PRUNE,
    old: `where a.state <> 'disconnected'`,
    mutated: 'where false',
    by: 'a row that a rule still needs is kept',
  },
  {
    rule: 'R29',
    what: 'an erasure leaves out the imported past sends',
    file: 'src/postgres/data/erase.ts',
    old: `['reservations', 'past_sends', 'waiting']`,
    mutated: `['reservations', 'waiting']`,
    by: 'an erased person is in no table, and is still refused',
  },
  {
    rule: 'R29',
    what: 'an erased recipient is not compared',
    file: 'src/postgres/read/contacts.ts',
    old: 'recipientId === erased[recipient] ||',
    mutated: '',
    by: 'an erased person is in no table, and is still refused',
  },
  {
    rule: 'R29',
    what: 'a trace allows each change of the event log',
    file: ERASURE,
    old: `if tg_op = 'UPDATE' and safeband.is_erasing()
    and safeband.only_erased(`,
    mutated: `if tg_op = 'UPDATE' and safeband.is_erasing()
    or safeband.only_erased(`,
    by: 'an erased person is in no table, and is still refused',
  },
  {
    rule: 'R29',
    what: 'a deleted reservation leaves no chat for erasures',
    file: CHATS,
    old: 'select safeband.whole_chat(g.account_id, g.reservation_id, g.chat_id) as chat',
    mutated: 'select null::text as chat',
    by: 'the chats of deleted reservations are erased',
  },
  {
    rule: 'R29',
    what: 'a deleted attempt leaves no chat for erasures',
    file: CHATS,
    old: 'and g.chat_id is distinct from r.chat_id',
    mutated: 'and g.chat_id = r.chat_id',
    by: 'the chats of deleted reservations are erased',
  },
  {
    rule: 'R29',
    what: 'an erasure leaves out the chats of deleted reservations',
    file: 'src/postgres/data/eraseIds.ts',
    old: `where recipient_hash in (select safeband.fingerprint(key) from unnest($3::text[]) key)),`,
    mutated: 'where $3::text[] is null),',
    by: 'the chats of deleted reservations are erased',
  },
  {
    rule: 'R29',
    what: 'verify does not see an added row',
    file: 'src/postgres/data/verifySeals.ts',
    old: 'from rows full join sealed s',
    mutated: 'from rows right join sealed s',
    by: 'verify finds a row that was added to a sealed month',
  },
  {
    rule: 'R29',
    what: 'a month that differs from its seal is signed',
    file: 'src/postgres/data/signedMonth.ts',
    old: `return { result: 'broken' };`,
    mutated: `await db.query('select 1');`,
    by: 'verify finds a row that was added to a sealed month',
  },
];
