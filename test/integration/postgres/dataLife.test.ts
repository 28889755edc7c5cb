/** Erasure (R29): a person is erased from all tables, and sealed months stay proved. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import { isAccountId, isGroup, isRecipientId } from '../../../src/domain/primitives/ids.js';
import { DAY_MS, dayOf } from '../../../src/domain/primitives/time.js';
import { erasePerson, type EraseAsk, type Erased } from '../../../src/postgres/data/erase.js';
import { erasedProof, erasedRecipient, keyOf } from '../../../src/postgres/data/erasureKey.js';
import { sealMonths } from '../../../src/postgres/data/seal.js';
import { verifySeals } from '../../../src/postgres/data/verifySeals.js';
import { inTransaction, type Pool } from '../../../src/postgres/pool.js';
import { must, p, r } from '../../support/scenario.js';
import { safeband } from '../../support/cli.js';
import { withDatabase } from '../../support/database.js';
import { fillData, stepsOfData } from '../../../bench/dataSteps.js';
import { freshDatabase } from '../../support/stand.js';
import { fillYear, memberOf } from '../../support/madeUpYear.js';
import { tablesWith } from '../../support/wordsInTables.js';

const SECRET = Buffer.alloc(32, 7);
const key = keyOf(SECRET);
const now = Date.now();
const today = dayOf(now);

let pool: Pool;
let url: string;
withDatabase(async (own, address) => {
  pool = own;
  url = address;
  await fillYear(pool, { accounts: 2, days: 80, perDay: 2, today });
});

/** The person of the first account's first InMail of 40 days ago, in other spellings. */
const PERSON = memberOf(1, 40, 1);
const SPELT = `urn:li:fsd_profile:${PERSON}`;
const erase = (more: Partial<EraseAsk> = {}): Promise<Erased> =>
  erasePerson(pool, key, {
    recipientId: `https://www.linkedin.com/in/${PERSON}/`,
    chats: [],
    by: 'ada',
    reason: 'request 4711',
    at: now,
    isApplied: true,
    ...more,
  });
/** Each table that still has one of these words in any column. */
const tablesWithAny = (...words: readonly string[]) =>
  tablesWith(pool, `(${words.join('|')})(?![.0-9])`);

beforeAll(async () => {
  const free = `the recipient ${SPELT} asked`;
  await pool.query(
    `update safeband.reservations set recipient_id = $1, number = number + 1
      where account_id = 'a000001' and reservation_id = 'r40.2'`,
    [SPELT],
  );
  await pool.query(
    `update safeband.reservations set recipient_key = lower($1), number = number + 1
      where account_id = 'a000001' and reservation_id = 'r40.2'`,
    [PERSON],
  );
  await pool.query(
    `insert into safeband.account_changes (account_id, number, kind, actor, reason, details, at)
     values ('a000001', 2000000, 'hold', 'ada', $1, jsonb_build_object('list', array[$1]), now())`,
    [free],
  );
  await pool.query(
    `update safeband.alerts set details = jsonb_build_object('rows', $1::text, 'count', 3)`,
    [free],
  );
  await pool.query(
    `insert into safeband.alert_actions (alert_id, action, actor, reason, at)
     select min(alert_id), 'acknowledged', 'ada', $1, now() from safeband.alerts`,
    [free],
  );
  await pool.query(
    `insert into safeband.brakes (brake_id, engaged_at, engaged_by, engaged_reason, released_at,
       released_by, released_reason)
     values ('00000000000000aa', now(), 'ada', $1, now(), 'ada', $1)`,
    [free],
  );
  await pool.query(
    `insert into safeband.orders (order_id, kind, filter, reason, actor, per_second, accounts,
       stopped_at, stopped_by, stop_reason)
     values ('00000000000000bb', 'hold', '{"all": true}', $1, 'ada', 50, 1, now(), 'ada', $1)`,
    [free],
  );
  await pool.query(
    `insert into safeband.order_accounts (order_id, account_id, outcome, error, decided_at)
     values ('00000000000000bb', 'a000001', 'failed', $1, now())`,
    [free],
  );
  await pool.query(
    `insert into safeband.access_changes (kind, actor, target, details)
     values ('share_made', 'ada', 's', jsonb_build_object('label', $1::text))`,
    [free],
  );
  await pool.query(
    `update safeband.corrections set explanation = jsonb_build_object('sentences', array[$1])`,
    [free],
  );
  await pool.query(
    `insert into safeband.past_sends (account_id, sent_at, recipient_id, recipient_key, place, is_counted, imported_by)
     values ('a000002', now() - interval '60 days', $1, lower($2), 1, false, 'ada')`,
    [SPELT, PERSON],
  );
  await pool.query(
    `update safeband.accounts set last_run = jsonb_build_object('id', $1::text), recorded_at = clock_timestamp()
      where account_id = 'a000001'`,
    [SPELT],
  );
  // One group has the hash of an earlier erasure, too.
  await pool.query(
    `insert into safeband.group_recipients (group_name, recipient_key, account_id, reservation_id, granted_at)
     values ('eu', lower($1), 'a000001', 'r40.1', now()), ('us', lower($1), 'a000001', 'r40.1', now()),
       ('us', $2, 'a000001', 'r40.1', now())`,
    [PERSON, erasedRecipient(key, PERSON)],
  );
  await pool.query(
    `update safeband.waiting set recipient_id = $1
     where account_id = 'a000002' and reservation_id = 'w50'`,
    [SPELT],
  );
  await sealMonths(pool, key, { at: now, by: 'ada', withLate: false });
});

describe('erasure', () => {
  it('a count changes nothing, and states what an erasure would change', async () => {
    const counted = await erase({ isApplied: false });
    expect(counted.rows).toMatchObject({ reservations: expect.any(Number), inmail_events: 2 });
    expect(await tablesWithAny(PERSON)).toContain('reservations');
    expect(await pool.query('select from safeband.erasures')).toMatchObject({ rowCount: 0 });
  });

  it('an account that still works with the recipient refuses the erasure, and names the day', async () => {
    const young = memberOf(1, 2, 1);
    const found = await erase({ recipientId: young });
    expect(found).toMatchObject({
      rows: {},
      remembered: [{ accountId: 'a000001', reservationId: 'r2.1' }],
    });
    expect(found.remembered[0]?.until).toBe(
      new Date((today - 2 + 5) * DAY_MS).toISOString().slice(0, 10),
    );
    await pool.query(
      `update safeband.waiting set state = 'waiting', decided_at = null where reservation_id = 'w50' and account_id = 'a000002'`,
    );
    expect(await erase()).toMatchObject({ remembered: [{ reservationId: 'w50', until: null }] });
    await pool.query(
      `update safeband.waiting set state = 'withdrawn', decided_at = now() where reservation_id = 'w50'`,
    );
  });

  it('an account that is held with the id as its reason refuses the erasure', async () => {
    const hold = (reason: string | null) =>
      pool.query(
        `update safeband.accounts set hold_reason = $1, recorded_at = clock_timestamp(),
           hold_actor = case when $1::text is not null then 'ada' end,
           hold_since = case when $1::text is not null then now() end
          where account_id = 'a000002'`,
        [reason],
      );
    await hold(`${SPELT} asked`);
    expect(await erase()).toMatchObject({
      rows: {},
      remembered: [{ accountId: 'a000002', reservationId: null }],
    });
    await hold(null);
  });

  it('ids that free text cannot be searched for are counted', async () => {
    expect(await erase({ isApplied: false })).toMatchObject({ notSearched: 0 });
    const [number, short] = ['4711', 'r50.1'];
    const asked = { recipientId: 'ACoAAnobody', chats: [number, short], isApplied: false };
    expect(await erase(asked)).toMatchObject({ rows: {}, notSearched: 2 });
  });

  it('an erased person is in no table, counts, proofs and seals stay, and another key erases no person', async () => {
    const before = await verifySeals(pool, key);
    const done = await erase();
    expect(done.hash).toBe(erasedRecipient(key, PERSON));
    expect(await tablesWithAny(PERSON, '2-chat1\\.40\\.1', '2-chat1\\.40\\.2')).toEqual([]);
    expect(Object.keys(done.rows).toSorted()).toEqual([
      'access_changes',
      'account_changes',
      'accounts',
      'alert_actions',
      'alerts',
      'brakes',
      'corrections',
      'group_recipients',
      'inmail_events',
      'order_accounts',
      'orders',
      'past_sends',
      'reservations',
      'send_attempts',
      'waiting',
    ]);
    expect(await verifySeals(pool, key)).toEqual(before);
    const { rows } = await pool.query(
      `select chat_id as chat from safeband.inmail_events where account_id = 'a000001' and reservation_id = 'r40.1'`,
    );
    expect(rows).toEqual([{ chat: erasedProof(key, '2-chat1.40.1') }]);
    const trace = await pool.query(
      `select hash, erased_by as by, reason, rows from safeband.erasures`,
    );
    expect(trace.rows).toEqual([
      { hash: done.hash, by: 'ada', reason: 'request 4711', rows: done.rows },
    ]);
    await expect(pool.query(`update safeband.access_changes set details = '{}'`)).rejects.toThrow(
      'append-only',
    );
    expect(await pool.query('select from safeband.accounts where is_edited')).toMatchObject({
      rowCount: 0,
    });
    expect(await erase()).toMatchObject({ rows: {} });
    const other = { recipientId: memberOf(1, 41, 1), chats: [], by: 'ada', reason: 'x', at: now };
    for (const isApplied of [false, true]) {
      const refused = erasePerson(pool, keyOf(Buffer.alloc(32, 8)), { ...other, isApplied });
      await expect(refused).rejects.toThrow('set the key of the first seal');
    }
  });

  it('an erased recipient is still refused, in any spelling, and not without the key', async () => {
    const ask = {
      accountId: must(isAccountId, 'a000001'),
      recipients: [must(isRecipientId, SPELT.toUpperCase()), must(isRecipientId, 'ACoAAother')],
      since: today - 365,
    };
    const activities = createActivities({ pool, erasureKey: key });
    expect(await activities.findContacts(ask)).toMatchObject({
      found: [{ recipient: 0, quotaDay: today - 40 }],
    });
    await expect(createActivities({ pool }).findContacts(ask)).rejects.toThrow(
      'SAFEBAND_ERASURE_KEY',
    );
    // An account of a group needs the key for the contacts of the group that it remembers.
    await pool.query(`update safeband.accounts set group_name = 'acme',
      recorded_at = clock_timestamp() where account_id = 'a000001'`);
    const claim = { recipientId: p('ACoAAnew'), reservationId: r('new') };
    const claims = (since: number) =>
      createActivities({ pool }).claimContacts({
        accountId: must(isAccountId, 'a000002'),
        group: must(isGroup, 'acme'),
        at: now,
        day: today,
        memoryDays: today - since,
        since,
        recipients: [],
        claims: [claim],
      });
    await expect(claims(today - 40)).rejects.toThrow('SAFEBAND_ERASURE_KEY');
    expect(await claims(today - 39)).toMatchObject({ claimed: [0] });
  });

  it('the event log accepts no other change, also with a trace', async () => {
    const hash = erasedProof(key, 'y');
    const inErasure = (sql: string, isTraced = true): Promise<unknown> =>
      inTransaction(pool, async (db) => {
        if (isTraced) {
          const trace = `insert into safeband.erasures (hash, erased_by, reason) values ($1, 'eve', 'none')`;
          await db.query(trace, [hash]);
        }
        return db.query(sql);
      });
    for (const [change, isTraced] of [
      [`set chat_id = 'other'`, true],
      [`set chat_id = '${hash}', quota_day = quota_day - 1`, true],
      [`set source = 'external'`, true],
      [`set chat_id = '${hash}'`, false],
    ] as const) {
      const refused = inErasure(`update safeband.inmail_events ${change}`, isTraced);
      await expect(refused).rejects.toThrow('append-only');
    }
    await expect(inErasure('delete from safeband.inmail_events')).rejects.toThrow('append-only');
    await expect(pool.query(`update safeband.erasures set rows = '{}'`)).rejects.toThrow(
      'append-only',
    );
  });
});

it('the commands refuse to work without the key, and print what they found with it', async () => {
  const env = { DATABASE_URL: url };
  for (const argv of [['seal'], ['verify'], ['erase', 'recipient', 'ACoAAB1', '--reason', 'x']]) {
    const ended = await safeband(argv, { env });
    expect(ended.code).not.toBe(0);
    expect(ended.err).toContain(
      'SAFEBAND_ERASURE_KEY is not set: make one with: openssl rand -base64 32',
    );
  }
  const keyed = { env: { ...env, SAFEBAND_ERASURE_KEY: SECRET.toString('base64') } };
  expect(await safeband(['verify'], keyed)).toMatchObject({
    code: 0,
    out: expect.stringContaining('no difference'),
  });
  const erased = ['erase', 'recipient', memberOf(2, 30, 1), '--reason', 'request 4712'];
  expect((await safeband(erased, keyed)).out).toContain('nothing was changed: --apply erases');
  expect((await safeband([...erased, '--apply', '--json'], keyed)).out).toContain('"applied":true');
  const named = ['erase', 'recipient', 'ACoAAB1', '--reason', 'acoaab1 asked'];
  expect(await safeband(named, keyed)).toMatchObject({
    code: 2,
    err: expect.stringContaining('--reason has the id'),
  });
  const young = await safeband(['erase', 'recipient', memberOf(2, 1, 1), '--reason', 'x'], keyed);
  expect(young).toMatchObject({
    code: 5,
    err: expect.stringContaining('would write the id again'),
  });
});

it('npm run bench -- data seals, verifies, erases, restores and deletes made-up rows', async () => {
  const { url: empty, drop } = await freshDatabase();
  const made = { accounts: 7, days: 60, perDay: 1 };
  await fillData(empty, made);
  const steps = await stepsOfData(empty, made);
  await drop();
  const text = steps.map(([what]) => what.replace(/, [\d,]+ rows of 7 accounts/, '')).join('\n');
  expect(text).toMatch(/^sealed: \d months\nverified: \d+ events\na person erased: \d+ rows\n/);
  const verified = /\nverified: (\d+ events)\n/.exec(text)?.[1];
  expect(text).toContain(`\nrestored: verified: ${verified}\n`);
  expect(text).toMatch(/\nold rows deleted: \d+ rows\n/);
});
