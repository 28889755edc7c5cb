/** Reads for questions of support, from rows that the real activities wrote (R17). */
import { expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import type { Activities } from '../../../src/activities/ports.js';
import { pass, record, execute, type Entity } from '../../../src/domain/entity/entity.js';
import type { FailureKind } from '../../../src/domain/account/account.js';
import { deliver } from '../../../src/domain/commands/deliver.js';
import { accountRow } from '../../../src/domain/records/toRecords.js';
import { fail } from '../../../src/domain/commands/fail.js';
import { runAfter } from '../../../src/domain/days/forecast.js';
import type { StateAt } from '../../../src/domain/diagnostics/asOf/stateAt.js';
import { isAccountId, type AccountId } from '../../../src/domain/primitives/ids.js';
import { observe } from '../../../src/domain/commands/observe.js';
import { identified, restore } from '../../../src/domain/entity/restore.js';
import { reserve } from '../../../src/domain/commands/reserve.js';
import { configure, hold, resume, type Start } from '../../../src/domain/commands/administer.js';
import { isoInstant } from '../../../src/domain/primitives/time.js';
import { statusWire } from '../../../src/domain/wire/responses.js';
import { stateAt } from '../../../src/postgres/diagnostics/history.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { whatIf } from '../../../src/postgres/diagnostics/whatIf.js';
import type { WhatIf } from '../../../src/domain/diagnostics/whatIf/whatIf.js';
import { readWhy } from '../../../src/postgres/diagnostics/why.js';
import { at, c, m, must, NOTHING, r } from '../../support/scenario.js';
import { Random } from '../../simulation/random.js';
import { withDatabase } from '../../support/database.js';
import type { Command } from '../../../src/domain/account/refusals.js';
import { peekWire } from '../../../src/domain/wire/decisions.js';
import { batchOf, reconciled, saved } from '../../../src/domain/entity/writes.js';

const MINUTE = 60_000;

let pool: Pool;
let activities: Activities;
withDatabase((own) => {
  pool = own;
  activities = createActivities({ pool });
});

/** An account in the test's own time, with messages, saves and runs as in its workflow. */
class Life {
  actor: Entity;
  now: number;
  #runs = 0;

  constructor(entity: Entity, now: number) {
    this.actor = entity;
    this.now = now;
  }

  static async begin(
    start: Partial<Start> & { readonly accountId: AccountId },
    now: number,
  ): Promise<Life> {
    const bare = restore({ tier: 'sales_navigator', connect: true, ...start }, NOTHING, 'own', now);
    const version = bare.version + 1;
    const row = accountRow(bare.account, version);
    await activities.claim({ owner: 'own', found: null, row });
    const claimed = { ...bare, version, savedVersion: version };
    const life = new Life(record(claimed, identified(bare.account, [])), now);
    await life.run();
    return life;
  }

  wait(ms: number): void {
    this.now += ms;
    this.actor = pass(this.actor, this.now);
  }

  when<I, A>(command: Command<I, A>, input: I): void {
    this.actor = execute(this.actor, command, input, this.now).entity;
  }

  async save(): Promise<void> {
    const batch = batchOf(this.actor);
    const done = await activities.save({ owner: 'own', ...batch });
    if (!done.saved) throw new Error('the row is owned by another');
    this.actor = saved(this.actor, batch, done.foreign);
  }

  async run(): Promise<void> {
    const batch = batchOf(this.actor);
    const { account } = this.actor;
    const runId = `${account.accountId}/${(this.#runs += 1)}`;
    const ask = { owner: 'own', ...batch, runId, account, at: this.now };
    const ran = await activities.reconcile(ask);
    if (!ran.saved) throw new Error('the row is owned by another');
    this.actor = reconciled(this.actor, batch, ran.events, ran.foreign, ask.at);
  }

  /** The present answers of the account's queries. */
  get shown(): Shown {
    const { account, version } = this.actor;
    return {
      status: statusWire(account, this.now, { version, unsaved: 0 }),
      decision: peekWire(account, this.now, false),
    };
  }
}

it('the rows alone explain a gap as the workflow does, before and after its reconcile', async () => {
  const accountId = must(isAccountId, 'why');
  const life = await Life.begin({ accountId }, at('09:00'));
  for (const name of ['a', 'b', 'x', 'y']) life.when(reserve, { reservationId: r(name) });
  life.when(deliver, { reservationId: r('a'), chatId: c('ca') });
  life.when(deliver, { reservationId: r('b'), chatId: c('cb') });
  life.when(fail, { reservationId: r('y'), kind: 'unknown' });
  await life.save();
  const why = () => readWhy(pool, accountId, { now: life.now });
  expect(await why()).toMatchObject({
    headline: 'The counter is 4, the event log has 2: 2 apart.',
    parts: [
      { cause: 'in_flight', reservations: ['x'] },
      { cause: 'uncertain', reservations: ['y'] },
    ],
    beside: [],
  });
  const nextReconcileAt = isoInstant(runAfter(accountId, life.now + 1));
  const status = { ...life.shown.status, nextReconcileAt };
  expect(await readWhy(pool, accountId, { now: 0, status })).toEqual(await why());
  await pool.query(
    `update safeband.accounts set inmails_sent_today = 104 where account_id = 'why'`,
  );
  expect(await why()).toMatchObject({
    headline: 'The counter is 4, the event log has 2: 2 apart.',
    beside: [
      {
        kind: 'edited',
        text: expect.stringContaining('its counter is 104, and the gate counts 4'),
      },
    ],
  });
  life.wait(30 * MINUTE);
  await life.run();
  await life.save();
  const result = await why();
  expect(result?.beside.map(({ kind }) => kind)).toEqual([
    'cooldown',
    'alert',
    'alert',
    'correction',
  ]);
  expect(result?.beside.at(-1)?.text).toMatch(
    /^A reconcile corrected the account at .*\. The counter was 104, the event log had 2: 102 apart\./,
  );
  expect(result?.parts).toMatchObject([{ cause: 'uncertain', reservations: ['x', 'y'] }]);
  expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  expect(await readWhy(pool, 'nobody', { now: life.now })).toBeUndefined();
});

type Shown = Pick<StateAt, 'status' | 'decision'>;
/** Drops fields whose order differs in rows, or which are known for the present only. */
const comparable = ({ status, decision }: Shown): object => {
  const { version: _, nextReconcileAt: __, denials: ___, openReservations, ...rest } = status;
  const open = openReservations.toSorted((a, b) => (a.reservationId < b.reservationId ? -1 : 1));
  return { ...rest, open, decision };
};

/** Does one random thing that a caller, an operator or LinkedIn may do. */
function happen(life: Life, random: Random, n: number): void {
  const { slots } = life.actor.account;
  const slot = slots[random.between(0, slots.length - 1)];
  const id = slot?.reservationId ?? r('none');
  const choice = random.between(0, 40);
  if (life.actor.account.hold !== null) life.when(resume, { reason: 'looked', actor: 'ada' });
  else if (choice < 20) {
    const leaseSeconds = random.pick([60, 900, 86_400]);
    life.when(reserve, { reservationId: r(`r${n}`), leaseSeconds });
  } else if (choice < 30) life.when(deliver, { reservationId: id, chatId: c(`chat-${id}`) });
  else if (choice < 36) {
    const kind = random.pick<FailureKind>(['rejected', 'unknown', 'unknown', 'not_attempted']);
    life.when(fail, { reservationId: id, kind });
  } else if (choice < 38) {
    life.when(observe, { chatId: c(`hand-${n}`), messageId: m('m'), sentAt: life.now });
  } else if (choice === 38) {
    const ramp = { dailyCaps: [9, random.between(12, 14)] };
    life.when(configure, { dailyCap: random.between(10, 30), ramp });
  } else if (choice === 39) life.when(hold, { reason: 'a check', actor: 'ada' });
  else life.when(fail, { reservationId: id, kind: 'throttled' });
}

it('history shows the state of each instant of two days', async () => {
  const random = new Random(3);
  const accountId = must(isAccountId, 'history');
  const life = await Life.begin(
    { accountId, inmailsSentToday: 2, ramp: { dailyCaps: [9, 12] } },
    at('20:00'),
  );
  const shown: { readonly at: number; readonly was: Shown }[] = [];
  const noteNow = (): void => {
    shown.push({ at: life.now, was: life.shown });
  };
  for (let n = 0; n < 70; n += 1) {
    life.wait(random.between(1, 9 * MINUTE));
    happen(life, random, n);
    life.wait(random.between(0, 1_000));
    noteNow();
    life.wait(random.between(2_000, 10_000));
    await life.save();
    if (random.chance(0.7)) continue;
    await life.run();
    life.wait(1);
    noteNow();
  }
  await life.save();
  for (const { at: then, was } of shown) {
    const result = await stateAt(pool, accountId, then);
    expect(result && { at: then, ...comparable(result) }).toEqual({ at: then, ...comparable(was) });
    // The database's clock is not the test's: it may be more than 90 days later.
    expect(result?.notes.filter((note) => !note.includes('for 90 days'))).toEqual([]);
  }
  // The days had each kind of fault.
  const states = new Set(shown.map(({ was }) => was.status.state));
  expect([...states].toSorted()).toEqual(['active', 'cooldown', 'held']);
  const was = (name: 'carried' | 'external' | 'uncertain' | 'rampDay' | 'imported'): number =>
    Math.max(...shown.map(({ was: { status } }) => status[name]));
  expect(Math.min(was('carried'), was('external'), was('uncertain'), was('rampDay') - 1)).toBe(1);
});

it('what-if replays the same days under another cap, and under the same cap', async () => {
  const now = at('2026-11-25T06:00:00.000Z');
  const tried = async (change: object): Promise<WhatIf> => {
    const result = await whatIf(pool, 'history', change, { days: 7, now });
    if (!result || 'refused' in result) throw new Error(result?.message ?? 'no such account');
    return result;
  };
  // Without a window a zone changes nothing: sends and cooldowns keep their times.
  const same = await tried({ timezone: 'Europe/Berlin' });
  expect(same).toMatchObject({ from: '2026-11-24T00:00:00.000Z', deferred: 0, stillWaiting: 0 });
  expect(same.onTime).toBeGreaterThan(10);
  expect(same.cooldowns.would).toEqual(same.cooldowns.were);
  expect(same.cooldowns).toMatchObject({ avoided: 0, caused: 0 });
  const less = await tried({ dailyCap: 4 });
  expect(less.asked).toBe(same.asked);
  expect(less.onTime + less.deferred).toBe(same.asked);
  expect(less.deferred).toBeGreaterThan(0);
  const sendingWindow = { days: ['wed'], start: '02:00', end: '05:00' };
  const night = await tried({ sendingWindow, timezone: 'Europe/Berlin' });
  expect(night.days).toMatchObject([{ granted: 0 }, { day: '2026-11-25' }]);
  expect(await whatIf(pool, 'nobody', { dailyCap: 1 }, { now })).toBeUndefined();
});

it('pruning deletes history that is too old, and keeps the last row of each account', async () => {
  const count = async (): Promise<number> => {
    const { rows } = await pool.query<{ count: number }>(
      `select (select count(*) from safeband.account_history)::int
         + (select count(*) from safeband.reservation_history)::int as count`,
    );
    return rows[0]?.count ?? 0;
  };
  const prune = async (when: string): Promise<number> => {
    const { rows } = await pool.query<{ gone: number }>(
      'select safeband.prune_history($1)::int as gone',
      [when],
    );
    return rows[0]?.gone ?? 0;
  };
  const before = await count();
  expect(before).toBeGreaterThan(5);
  expect(await prune('2027-01-01')).toBe(0);
  expect(await prune('2027-06-01')).toBe(before - 2); // two accounts
  expect(await count()).toBe(2);
  const result = await stateAt(pool, 'history', at('2026-12-24T00:00:00.000Z'));
  expect(result?.status.caps.daily).toBe(50);
});

it('what-if replays a send once that a webhook reported first, and counts a manual send', async () => {
  const accountId = must(isAccountId, 'seen-first');
  const life = await Life.begin({ accountId }, at('09:00'));
  life.when(reserve, { reservationId: r('own') });
  life.when(observe, { chatId: c('own'), messageId: m('own'), sentAt: life.now });
  life.when(deliver, { reservationId: r('own'), chatId: c('own'), messageId: m('own') });
  life.wait(90 * MINUTE);
  await life.run();
  life.when(reserve, { reservationId: r('next') });
  await life.save();
  // The first goes an hour after the webhook reported it.
  const change = { dailyCap: 2, sendingWindow: { days: ['tue'], start: '10:00', end: '20:00' } };
  const tried = () => whatIf(pool, accountId, change, { now: life.now + 1 });
  expect(await tried()).toMatchObject({ asked: 2, onTime: 1, deferred: 1, stillWaiting: 0 });
  life.when(observe, { chatId: c('hand'), messageId: m('hand'), sentAt: at('09:30') });
  await life.save();
  expect(await tried()).toMatchObject({ asked: 2, onTime: 0, deferred: 2, stillWaiting: 1 });
  const counter = async (then: number) => (await stateAt(pool, accountId, then))?.status.counter;
  expect([await counter(life.now - 1), await counter(life.now)]).toEqual([1, 3]);
});
