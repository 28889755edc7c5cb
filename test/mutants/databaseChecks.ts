/** Rules of the database and the activities, also for writes that come twice, late or from others. */
import { expect } from 'vitest';
import type { Activities } from '../../src/activities/ports.js';
import { pass } from '../../src/domain/entity/entity.js';
import { deliver } from '../../src/domain/commands/deliver.js';
import { accountRow } from '../../src/domain/records/toRecords.js';
import { reserve } from '../../src/domain/commands/reserve.js';
import type { Entry } from '../../src/domain/records/records.js';
import { at, c, r } from '../support/scenario.js';
import { OWNER, spent, type DatabaseCheck, type Desk } from './desk.js';
import { batchOf } from '../../src/domain/entity/writes.js';

const MIDNIGHT = at('2026-11-25T00:00:00.000Z');
const counts = (desk: Desk): Promise<readonly object[]> =>
  desk.all(
    `select (select count(*)::int from safeband.inmail_events where account_id = $1) as events,
            (select count(*)::int from safeband.reservations where account_id = $1) as reservations,
            (select inmails_sent_today from safeband.accounts where account_id = $1) as counter,
            (select count(*)::int from safeband.alerts where account_id = $1) as alerts`,
  );

const twice: DatabaseCheck = async (desk) => {
  const { entity } = spent(await desk.begin());
  expect(await desk.save(entity)).toEqual({ saved: true, refused: 0, foreign: null });
  expect(await desk.save(entity)).toMatchObject({ saved: true, refused: 0, known: 1 });
  expect(await counts(desk)).toEqual([{ events: 1, reservations: 2, counter: 2, alerts: 0 }]);
};

const anotherOwner: DatabaseCheck = async (desk) => {
  const account = await desk.begin();
  expect(await desk.save(spent(account).entity, 'another chain')).toMatchObject({ saved: false });
  expect(await counts(desk)).toEqual([{ events: 0, reservations: 0, counter: 0, alerts: 1 }]);
};

const lateSave: DatabaseCheck = async (desk) => {
  const early = (await desk.begin()).when(reserve, { reservationId: r('a') });
  await desk.save(spent(early).entity);
  expect(await desk.save(early.entity)).toMatchObject({ saved: false, owner: OWNER });
  expect(await counts(desk)).toEqual([{ events: 1, reservations: 2, counter: 2, alerts: 0 }]);
};

const lateRow: DatabaseCheck = async (desk) => {
  const early = (await desk.begin()).when(reserve, { reservationId: r('a') });
  const later = early.when(deliver, { reservationId: r('a'), chatId: c('x') });
  await desk.save(later.entity);
  const { entries } = batchOf(early.entity);
  await desk.activities.save({ owner: OWNER, ...batchOf(later.entity), entries });
  expect(await desk.all('select state from safeband.reservations where account_id = $1')).toEqual([
    { state: 'delivered' },
  ]);
};

/** A trigger records every state of the row that a reader could see. */
const WATCH = `
  create table if not exists safeband.seen (account_id text, counter int, day date, ramp_day int);
  create or replace function see() returns trigger language plpgsql
    set search_path from current as $$
  begin
    insert into safeband.seen values
      (new.account_id, new.inmails_sent_today, new.counter_day, new.ramp_day);
    return null;
  end $$;
  create or replace trigger see after update on safeband.accounts
    for each row execute function see();`;

const oneStatement: DatabaseCheck = async (desk) => {
  await desk.pool.query(WATCH);
  const account = spent(await desk.begin({ ramp: { dailyCaps: [3, 4] } }, at('23:50')));
  await desk.save(account.entity);
  await desk.save(pass(account.entity, MIDNIGHT + 1_000));
  const shown = await desk.all(
    `select distinct counter, day::text, ramp_day from safeband.seen where account_id = $1 order by day`,
  );
  expect(shown).toEqual([
    { counter: 2, day: '2026-11-24', ramp_day: 1 },
    { counter: 0, day: '2026-11-25', ramp_day: 2 },
  ]);
};

const refusedRow: DatabaseCheck = async (desk) => {
  const batch = batchOf(spent(await desk.begin()).entity);
  const entries = batch.entries.map((entry): Entry =>
    entry.row.table === 'reservations' && entry.row.reservationId === 'b'
      ? { ...entry, row: { ...entry.row, settledAt: 1 } }
      : entry,
  );
  const answer = await desk.activities.save({ owner: OWNER, ...batch, entries }).catch(String);
  expect(answer).toMatchObject({ saved: true, refused: 1 });
  expect(await counts(desk)).toEqual([{ events: 1, reservations: 1, counter: 2, alerts: 1 }]);
};

const takenKey: DatabaseCheck = async (desk) => {
  const account = spent(await desk.begin());
  await desk.all(
    `insert into safeband.inmail_events
       (account_id, reservation_id, chat_id, source, quota_day, delivered_at)
     values ($1, 'a', 'another chat', 'pipeline', '2026-11-24', now())`,
  );
  await desk.save(account.entity);
  const log = await desk.all(
    'select reservation_id, chat_id from safeband.inmail_events where account_id = $1 order by 2',
  );
  expect(log).toEqual([
    { reservation_id: 'a', chat_id: 'another chat' },
    { reservation_id: null, chat_id: 'chat-a' },
  ]);
};

const manualEdit: DatabaseCheck = async (desk) => {
  const account = spent(await desk.begin());
  expect(await desk.save(account.entity)).toMatchObject({ foreign: null });
  await desk.all('update safeband.accounts set inmails_sent_today = 40 where account_id = $1');
  const { entity } = account.when(reserve, { reservationId: r('c') });
  const reported = { foreign: { day: entity.account.day, counter: 40 } };
  const first = await desk.save(entity);
  expect(first).toMatchObject(reported);
  expect(await desk.save(entity)).toMatchObject(reported);
  const handled = first.saved ? (first.foreign?.id ?? null) : null;
  expect(await desk.save({ ...entity, handled })).toMatchObject({ foreign: null });
};

/** Another program writes and commits between two statements of a start. */
const snapshot: DatabaseCheck = async (desk) => {
  const account = spent(await desk.begin());
  let isSaved = false;
  const intruded: Activities = desk.build.createActivities({
    pool: interrupted(desk.pool, saveOnce),
  });
  async function saveOnce(): Promise<void> {
    if (isSaved) return;
    isSaved = true;
    await desk.save(account.entity);
  }
  const { day } = account.entity.account;
  const found = await intruded.readBack({ accountId: desk.accountId, day });
  expect([found.account?.counter, found.reservations.length]).toEqual([0, 0]);
  expect(isSaved).toBe(true);
};

/** A pool that calls `then` after one of its connections has read an account. */
function interrupted(pool: Desk['pool'], then: () => Promise<void>): Desk['pool'] {
  const connect = async (): Promise<object> => {
    const client = await pool.connect();
    const query = async (sql: string, values?: unknown[]): Promise<unknown> => {
      const answer = await client.query(sql, values);
      if (/from safeband\.accounts/.test(sql)) await then();
      return answer;
    };
    return { query, release: (broken?: Error) => client.release(broken) };
  };
  return Object.assign(Object.create(pool), { connect });
}

const movedRow: DatabaseCheck = async (desk) => {
  const account = await desk.begin();
  await desk.save(spent(account).entity);
  const { version } = spent(account).entity;
  const row = accountRow(spent(account).entity.account, version + 1);
  const claim = (found: number) =>
    desk.activities.claim({ owner: 'next', found: { owner: OWNER, version: found }, row });
  expect(await claim(0)).toEqual({ claimed: false });
  expect(await claim(version)).toMatchObject({ claimed: true });
};

const claimedAtOnce: DatabaseCheck = async (desk) => {
  const { entity, now: when } = await desk.begin();
  const { accountId } = desk;
  const read = (isFirstRun: boolean) => {
    const place = { runId: 'next', events: 3, isWhole: false };
    const start = { accountId, connect: true };
    const opening = { start, owner: 'next', at: when, isFirstRun, place };
    return desk.activities.readBack({ accountId, day: entity.account.day, opening });
  };
  expect(await read(false)).not.toHaveProperty('claimed');
  expect(await read(true)).toMatchObject({ claimed: { rivals: [] } });
};

const appendOnly: DatabaseCheck = async (desk) => {
  await desk.save(spent(await desk.begin()).entity);
  const db = await desk.pool.connect();
  const changes = [
    "update safeband.inmail_events set chat_id = 'x'",
    'delete from safeband.inmail_events',
    'truncate safeband.inmail_events',
  ];
  const answers: string[] = [];
  for (const role of ['origin', 'replica']) {
    for (const sql of changes) {
      await db.query(`begin; set local session_replication_role = ${role}`);
      answers.push(await db.query(sql).then(() => `done as ${role}: ${sql}`, String));
      await db.query('rollback');
    }
  }
  db.release();
  expect(answers.filter((answer) => !answer.includes('append-only'))).toEqual([]);
};

const midnightView: DatabaseCheck = async (desk) => {
  const account = spent(await desk.begin({ ramp: { dailyCaps: [3, 4] } }, at('23:50')));
  await desk.save(account.entity);
  const seenAt = (instant: number): Promise<readonly object[]> =>
    desk.all(
      `select inmails_sent_today as counter, counter_day::text as day, ramp_day, carried
         from safeband.account_status_at(safeband.at_ms($2)) where account_id = $1`,
      instant,
    );
  expect(await seenAt(MIDNIGHT - 1)).toEqual([
    { counter: 2, day: '2026-11-24', ramp_day: 1, carried: 0 },
  ]);
  expect(await seenAt(MIDNIGHT)).toEqual([
    { counter: 0, day: '2026-11-25', ramp_day: 2, carried: 1 },
  ]);
};

const velocityView: DatabaseCheck = async (desk) => {
  const velocity = { factor: 2, floor: 1 };
  await desk.save(spent(await desk.begin({ velocity }, at('23:50'))).entity);
  const capAt = (instant: number): Promise<readonly object[]> =>
    desk.all(
      `select cap_velocity as cap
         from safeband.account_status_at(safeband.at_ms($2)) where account_id = $1`,
      instant,
    );
  expect(await capAt(MIDNIGHT - 1)).toEqual([{ cap: 1 }]);
  // Twice the InMail of the day that has just ended: the reset is not saved yet.
  expect(await capAt(MIDNIGHT)).toEqual([{ cap: 2 }]);
};

const learntView: DatabaseCheck = async (desk) => {
  const { entity } = spent(await desk.begin({ learntCap: true }, at('23:50')));
  const until = entity.account.day;
  await desk.save({ ...entity, account: { ...entity.account, learnt: { cap: 30, until } } });
  const capAt = (instant: number): Promise<readonly object[]> =>
    desk.all(
      `select cap_learnt as cap
         from safeband.account_status_at(safeband.at_ms($2)) where account_id = $1`,
      instant,
    );
  expect(await capAt(MIDNIGHT - 1)).toEqual([{ cap: 30 }]);
  // One of its InMails was delivered: the reset of the clean day is not saved yet.
  expect(await capAt(MIDNIGHT)).toEqual([{ cap: 33 }]);
};

const editedWithKey: DatabaseCheck = async (desk) => {
  await desk.save(spent(await desk.begin()).entity);
  const isEdited = async (set: string): Promise<readonly object[]> => {
    await desk.all(`update safeband.reservations set ${set} where account_id = $1`);
    return desk.all('select is_edited from safeband.accounts where account_id = $1');
  };
  expect(await isEdited("recipient_key = 'a'")).toEqual([{ is_edited: false }]);
  await isEdited('recipient_key = null, number = number + 100');
  expect(await isEdited("recipient_key = 'a', reason = 'b'")).toEqual([{ is_edited: true }]);
};

const editedView: DatabaseCheck = async (desk) => {
  await desk.save(spent(await desk.begin()).entity);
  const seen = (): Promise<readonly object[]> =>
    desk.all(
      `select s.inmails_sent_today as counter, s.unexplained, safeband.edited_columns(a) as columns
         from safeband.account_status_at(safeband.at_ms($2)) s
         join safeband.accounts a using (account_id) where account_id = $1`,
      at('10:00'),
    );
  const edit = (change: string): Promise<unknown> =>
    desk.all(`update safeband.accounts set ${change} where account_id = $1`);
  await edit('inmails_sent_today = 0');
  expect(await seen()).toEqual([{ counter: 2, unexplained: 0, columns: ['inmails_sent_today'] }]);
  await edit('inmails_sent_today = 9, daily_cap = 1');
  const columns = ['daily_cap', 'inmails_sent_today'];
  expect(await seen()).toEqual([{ counter: 2, unexplained: 0, columns }]);
  await edit('inmails_sent_today = 2, daily_cap = null');
  expect(await seen()).toEqual([{ counter: 2, unexplained: 0, columns: [] }]);
  await desk.all('delete from safeband.reservations where account_id = $1');
  expect(await seen()).toMatchObject([{ counter: 2, columns: [] }]);
};

const clockChanges: DatabaseCheck = async ({ activities }) => {
  const openOn = async (day: string, start: string, end: string): Promise<readonly number[]> => {
    const from = at(`${day}T00:00:00.000Z`);
    const window = { days: ['sun'], start, end } as const;
    const ask = { window, timezone: 'America/New_York', from, days: 1 };
    return (await activities.expandWindow(ask)).bounds.map((bound) => (bound - from) / 3_600_000);
  };
  expect(await openOn('2026-03-08', '02:30', '04:00')).toEqual([7, 8]); // 02:30 does not exist
  expect(await openOn('2026-11-01', '01:00', '02:00')).toEqual([5, 7]); // 01:00 exists twice
};

/** Two pipelines with different logins: the second settles an attempt that the first began. */
const anotherLogin: DatabaseCheck = async (desk) => {
  const db = await desk.pool.connect();
  const [own, rival] = [`own_${process.pid}`, `rival_${process.pid}`];
  const settle = `update safeband.send_attempts set outcome = 'failed', settled_at = now(),
      error_code = 'not_attempted' where account_id = $1 and reservation_id = 'a'`;
  try {
    await db.query('begin');
    for (const name of [own, rival]) {
      await db.query(`create role ${name} login in role safeband_pipeline`);
    }
    await db.query(`set local session authorization ${own}`);
    await db.query(
      `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at)
       values ($1, 'a', current_date, now())`,
      [desk.accountId],
    );
    await db.query(`set local session authorization ${rival}; savepoint before`);
    const answer = await db.query(settle, [desk.accountId]).then(() => 'settled', String);
    expect(answer).toContain('may not write its outcome');
    await db.query(`rollback to before; set local session authorization ${own}`);
    expect((await db.query(settle, [desk.accountId])).rowCount).toBe(1);
  } finally {
    await db.query('rollback');
    db.release();
  }
};

export const DATABASE_CHECKS = {
  'a save that runs twice is written once': twice,
  'a save of another owner changes nothing and raises an alert': anotherOwner,
  'a save that comes late changes nothing': lateSave,
  'a row that comes late changes nothing': lateRow,
  'counter, day and ramp step change in one statement': oneStatement,
  'a row that Postgres refuses delays nothing': refusedRow,
  'no delivery is lost because another row has its key': takenKey,
  'a manual edit of the row is reported until the workflow knows it': manualEdit,
  'a start reads one snapshot': snapshot,
  'a claim needs the version that it has read': movedRow,
  'a start claims with the read only what it needs no history for': claimedAtOnce,
  'the event log accepts no change from any role': appendOnly,
  'no reader gets the count of yesterday with the date of today': midnightView,
  'the view has the velocity cap of the domain': velocityView,
  'the view has the learnt ceiling of the domain': learntView,
  'readers get the numbers of the last save, also after a manual edit': editedView,
  'an edit of a reservation is noticed, also if it adds the search key': editedWithKey,
  'an attempt is settled by the login that began it': anotherLogin,
  'a window follows the clocks when they change': clockChanges,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type DatabaseCheckName = keyof typeof DATABASE_CHECKS;
