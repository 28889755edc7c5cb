/** Rules of the database itself: the one row of R7, the guards of R14, migrations, the view. */
import { mkdtemp, readFile, rm, writeFile, cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import type { Activities } from '../../../src/activities/ports.js';
import { pass, type Entity } from '../../../src/domain/entity/entity.js';
import { deliver } from '../../../src/domain/commands/deliver.js';
import { accountRow } from '../../../src/domain/records/toRecords.js';
import { isAccountId, isIdentity, type AccountId } from '../../../src/domain/primitives/ids.js';
import { reserve } from '../../../src/domain/commands/reserve.js';
import { dayOf } from '../../../src/domain/primitives/time.js';
import { SAFE_BAND, TIERS } from '../../../src/domain/primitives/tier.js';
import { migrate } from '../../../src/postgres/migrate.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { anAccount, at, c, must, r, type Scenario } from '../../support/scenario.js';
import { withDatabase } from '../../support/database.js';
import { batchOf } from '../../../src/domain/entity/writes.js';

let databaseUrl: string;
let pool: Pool;
let activities: Activities;
withDatabase((own, address) => {
  pool = own;
  databaseUrl = address;
  activities = createActivities({ pool });
});

let accountId: AccountId;
let count = 0;
beforeEach(() => {
  const name = `g${(count += 1)}`;
  if (isAccountId(name)) accountId = name;
});

const OWNER = 'this chain';
const claim = (entity: Entity, owner = OWNER) =>
  activities.claim({ owner, found: null, row: accountRow(entity.account, entity.version) });
const save = (entity: Entity, owner = OWNER) => activities.save({ owner, ...batchOf(entity) });
const spent = (): Scenario =>
  anAccount({ accountId })
    .when(reserve, { reservationId: r('a') })
    .when(reserve, { reservationId: r('b') })
    .when(deliver, { reservationId: r('a'), chatId: c('chat-a') });
const firstOf = async (sql: string, values: readonly unknown[] = []): Promise<unknown> => {
  const { rows } = await pool.query<Record<string, unknown>>(sql, [...values]);
  return rows[0];
};
const counts = (): Promise<unknown> =>
  firstOf(
    `select (select count(*)::int from safeband.inmail_events where account_id = $1) as events,
            (select count(*)::int from safeband.reservations where account_id = $1) as reservations,
            (select inmails_sent_today from safeband.accounts where account_id = $1) as counter,
            (select count(*)::int from safeband.alerts where account_id = $1) as alerts`,
    [accountId],
  );

describe('a save', () => {
  it('a save that runs twice is written once', async () => {
    const { entity } = spent();
    await claim(anAccount({ accountId }).entity);
    expect(await save(entity)).toMatchObject({ saved: true, refused: 0 });
    expect(await save(entity)).toMatchObject({ saved: true });
    expect(await counts()).toEqual({ events: 1, reservations: 2, counter: 2, alerts: 0 });
  });

  it('a save that comes late changes nothing', async () => {
    const early = anAccount({ accountId }).when(reserve, { reservationId: r('a') });
    await claim(anAccount({ accountId }).entity);
    await save(early.when(deliver, { reservationId: r('a'), chatId: c('x') }).entity);
    expect(await save(early.entity)).toMatchObject({ saved: false, owner: OWNER });
    expect(
      await firstOf('select state from safeband.reservations where account_id = $1', [accountId]),
    ).toEqual({ state: 'delivered' });
  });

  it('a save of another owner changes nothing, and raises an alert', async () => {
    await claim(anAccount({ accountId }).entity);
    expect(await save(spent().entity, 'another chain')).toEqual({
      saved: false,
      owner: OWNER,
      version: 0,
    });
    expect(await counts()).toEqual({ events: 0, reservations: 0, counter: 0, alerts: 1 });
  });

  it('a save keeps a row that Postgres refuses in an alert, and writes the others', async () => {
    await claim(anAccount({ accountId }).entity);
    const { row, entries } = batchOf(spent().entity);
    const broken = entries.map((entry, i) =>
      i === 0 && entry.row.table === 'reservations'
        ? { ...entry, row: { ...entry.row, settledAt: 1 } }
        : entry,
    );
    expect(
      await activities.save({ owner: OWNER, row, entries: broken, isHot: true, handled: null }),
    ).toMatchObject({
      saved: true,
      refused: 1,
    });
    expect(await counts()).toEqual({ events: 1, reservations: 1, counter: 2, alerts: 1 });
  });

  it('a save writes an event without its reservation where that key is taken', async () => {
    await claim(anAccount({ accountId }).entity);
    await pool.query(
      `insert into safeband.inmail_events (account_id, reservation_id, chat_id, source, quota_day, delivered_at)
       values ($1, 'a', 'another chat', 'pipeline', '2026-11-24', now())`,
      [accountId],
    );
    await save(spent().entity);
    const { rows } = await pool.query(
      'select reservation_id, chat_id from safeband.inmail_events where account_id = $1 order by event_id',
      [accountId],
    );
    expect(rows).toEqual([
      { reservation_id: 'a', chat_id: 'another chat' },
      { reservation_id: null, chat_id: 'chat-a' },
    ]);
  });
});

describe('a claim', () => {
  it('a claim fails if the row has changed since it was read', async () => {
    const { entity } = anAccount({ accountId });
    expect(await claim(entity)).toEqual({ claimed: true, rivals: [] });
    expect(await claim(entity)).toEqual({ claimed: true, rivals: [] });
    expect(await claim(entity, 'another chain')).toEqual({ claimed: false });
    const found = { owner: OWNER, version: 0 };
    const row = accountRow(entity.account, 1);
    expect(await activities.claim({ owner: 'another chain', found, row })).toMatchObject({
      claimed: true,
    });
  });

  it('of two simultaneous claims of one member, one finds no other account', async () => {
    const identity = {
      policy: { ...anAccount().entity.account.policy, identity: must(isIdentity, `m${count}`) },
    };
    const rowOf = (name: string) => ({
      ...accountRow(anAccount().entity.account, 1),
      accountId: must(isAccountId, `${accountId}-${name}`),
      ...identity,
    });
    const claims = await Promise.all(
      ['x', 'y'].map((name) => activities.claim({ owner: name, found: null, row: rowOf(name) })),
    );
    const alone = claims.filter((answer) => answer.claimed && answer.rivals.length === 0);
    expect(alone).toHaveLength(1);
  });

  it('a claim sees an id that differs only in case', async () => {
    const row = accountRow(anAccount().entity.account, 1);
    await activities.claim({
      owner: 'x',
      found: null,
      row: { ...row, accountId: must(isAccountId, `${accountId}-case`) },
    });
    const twin = { ...row, accountId: must(isAccountId, `${accountId.toUpperCase()}-CASE`) };
    expect(await activities.claim({ owner: 'y', found: null, row: twin })).toEqual({
      claimed: true,
      rivals: [`${accountId}-case`],
    });
  });
});

describe('what is read back', () => {
  it('a start reads back what was saved', async () => {
    await claim(anAccount({ accountId }).entity);
    const { entity } = spent();
    await save(entity);
    const day = dayOf(at('09:00'));
    const found = await activities.readBack({ accountId, day });
    const { row } = batchOf(entity);
    expect(found.account).toEqual({ ...row, owner: OWNER, ownerVersion: 0 });
    const rows = entity.outbox.map((entry) => entry.row);
    expect(found.reservations).toEqual(
      expect.arrayContaining(rows.filter((one) => one.table === 'reservations')),
    );
    const events = entity.outbox.flatMap(({ row: one, number }) =>
      one.table === 'inmail_events' ? [{ ...one, number }] : [],
    );
    expect(found.events).toEqual(events);
  });
});

describe('the event log', () => {
  const CHANGES = [
    "update safeband.inmail_events set chat_id = 'x'",
    'delete from safeband.inmail_events',
    'truncate safeband.inmail_events',
  ];
  it.each(CHANGES)('the event log refuses its owner: %s', async (sql) => {
    await claim(anAccount({ accountId }).entity);
    await save(spent().entity);
    await expect(pool.query(sql)).rejects.toThrow('append-only');
    const replica = `set local session_replication_role = replica; ${sql}`;
    await expect(pool.query(`begin; ${replica}; commit`)).rejects.toThrow('append-only');
    await pool.query('rollback').catch(() => undefined);
  });
  it.each(['', '  '])('the event log takes no row with the chat id %j', async (chat) => {
    const sql = `insert into safeband.inmail_events (account_id, chat_id, source, quota_day, delivered_at)
                 values ('x', $1, 'external', '2026-11-24', now())`;
    await expect(pool.query(sql, [chat])).rejects.toThrow('foreign_id');
  });
});

describe('the journal', () => {
  it('the journal takes an attempt once, and an outcome once', async () => {
    const insert = `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at) values ($1, 'a', '2026-11-24', now())`;
    await pool.query(insert, [accountId]);
    await expect(pool.query(insert, [accountId])).rejects.toThrow('send_attempts_pkey');
    const settle = (outcome: string): Promise<unknown> =>
      pool.query(
        `update safeband.send_attempts set outcome = $2, error_code = 'rejected' where account_id = $1`,
        [accountId, outcome],
      );
    await settle('failed');
    await expect(settle('void')).rejects.toThrow('written already');
  });
});

describe('account_status', () => {
  const seenAt = (instant: string): Promise<unknown> =>
    firstOf(
      `select inmails_sent_today as counter, counter_day::text as day, ramp_day, state, in_flight,
              carried, delivered, drift, remaining
         from safeband.account_status_at($2) where account_id = $1`,
      [accountId, instant],
    );
  it('account_status is right at 00:00:00.000 before the reset is written, in any session time zone', async () => {
    const start = anAccount(
      { accountId, dailyCap: 5, ramp: { dailyCaps: [3, 4] } },
      { now: at('23:50') },
    );
    const before = start
      .when(reserve, { reservationId: r('a') })
      .when(reserve, { reservationId: r('b') })
      .when(deliver, { reservationId: r('a'), chatId: c('chat-a') });
    await claim(start.entity);
    await save(before.entity);
    await pool.query("set time zone 'Asia/Tokyo'");
    expect(await seenAt('2026-11-24T23:59:59.999Z')).toMatchObject({
      counter: 2,
      day: '2026-11-24',
      ramp_day: 1,
      in_flight: 1,
      delivered: 1,
      drift: 1,
      remaining: 1,
    });
    expect(await seenAt('2026-11-25T00:00:00.000Z')).toMatchObject({
      counter: 0,
      day: '2026-11-25',
      ramp_day: 2,
      in_flight: 0,
      carried: 1,
      delivered: 0,
      drift: 0,
      remaining: 3,
    });
    const { entity } = before.until(at('2026-11-25T00:00:01.000Z'));
    await save(pass(entity, at('2026-11-25T00:00:01.000Z')));
    expect(await seenAt('2026-11-25T00:00:01.000Z')).toMatchObject({
      counter: 0,
      ramp_day: 2,
      carried: 1,
      remaining: 3,
    });
  });

  it('account_status ends a cooldown by itself', async () => {
    const { entity } = anAccount({ accountId });
    await claim(entity);
    await pool.query(
      `update safeband.accounts set state = 'cooldown', cooldown_until = '2026-11-24T10:00:00Z',
         cooldown_cause = 'throttled', last_checked_at = now(), recorded_at = now() where account_id = $1`,
      [accountId],
    );
    expect(await seenAt('2026-11-24T09:59:59.999Z')).toMatchObject({ state: 'cooldown' });
    expect(await seenAt('2026-11-24T10:00:00.000Z')).toMatchObject({ state: 'active' });
  });

  it('account_status knows the same bands as the domain', async () => {
    for (const tier of TIERS) {
      expect(await firstOf('select safeband.safe_band($1) as band', [tier])).toEqual({
        band: SAFE_BAND[tier],
      });
    }
  });
});

describe('migrations', () => {
  const own = fileURLToPath(new URL('../../../migrations', import.meta.url));
  const copyOf = async (): Promise<string> => {
    const dir = await mkdtemp(path.join(tmpdir(), 'migrations-'));
    await cp(own, dir, { recursive: true });
    return dir;
  };
  it('migrations change nothing the second time, also two at once', async () => {
    expect(await Promise.all([migrate(databaseUrl), migrate(databaseUrl)])).toEqual([[], []]);
  });
  it('migrations refuse a database from a newer version, and an edited file', async () => {
    const older = await copyOf();
    await rm(path.join(older, '0002_account_status.sql'));
    await expect(migrate(databaseUrl, undefined, older)).rejects.toThrow('from a newer version');
    const edited = await copyOf();
    const file = path.join(edited, '0001_accounts_and_log.sql');
    await writeFile(file, `${await readFile(file, 'utf8')} `);
    await expect(migrate(databaseUrl, undefined, edited)).rejects.toThrow('other content');
    await Promise.all([older, edited].map((dir) => rm(dir, { recursive: true })));
  });
  it('migrations roll back a file that fails, and name it', async () => {
    const dir = await copyOf();
    await writeFile(
      path.join(dir, '0003_broken.sql'),
      'create table safeband.half (id int); select nonsense;',
    );
    await expect(migrate(databaseUrl, undefined, dir)).rejects.toThrow('0003_broken.sql failed');
    expect(await firstOf("select to_regclass('safeband.half') as half")).toEqual({ half: null });
    await rm(dir, { recursive: true });
  });
});

it('an account is saved although its history and its webhooks cannot be written', async () => {
  const { entity } = spent();
  const names = ['account_history', 'reservation_history', 'webhook_events'];
  const rename = (from: string, to: string) =>
    pool.query(
      names.map((one) => `alter table safeband.${from}${one} rename to ${to}${one}`).join(';'),
    );
  await rename('', 'away_');
  try {
    await claim(entity);
    await save(entity);
    expect(await counts()).toMatchObject({ counter: 2, reservations: 2, events: 1 });
    const move = (state: string) =>
      pool.query(
        `update safeband.reservations set state = $2, settled_at = now(), number = number + 1
          where account_id = $1 and reservation_id = 'b'`,
        [accountId, state],
      );
    await move('uncertain');
    await move('released');
  } finally {
    await rename('away_', '');
  }
});
