/** Reads that answer tickets, from rows that the real activities wrote (R17). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActivities } from '../../src/activities/index.js';
import type { Activities } from '../../src/activities/ports.js';
import { batchOf, reconciled, saved, type Actor } from '../../src/domain/actor.js';
import { deliver } from '../../src/domain/deliver.js';
import { accountRow } from '../../src/domain/facts.js';
import { fail } from '../../src/domain/fail.js';
import { isAccountId } from '../../src/domain/ids.js';
import { reserve } from '../../src/domain/reserve.js';
import { createPool, type Pool } from '../../src/postgres/pool.js';
import { readWhy } from '../../src/postgres/why.js';
import { anAccount, at, c, must, r, Scenario } from '../support/scenario.js';
import { freshDatabase } from '../support/stand.js';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let pool: Pool;
let activities: Activities;
beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool(database.url);
  activities = createActivities({ pool });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const withActor = (actor: Actor, now: number): Scenario => new Scenario(actor, now);

async function begin(start: object, now = at('09:00')): Promise<Scenario> {
  const account = anAccount(start, { now });
  const row = accountRow(account.actor.account, account.actor.version);
  await activities.claim({ owner: account.actor.owner, found: null, row });
  return run(account, `${account.actor.account.accountId}/0`);
}

async function save({ actor, now }: Scenario): Promise<Scenario> {
  const batch = batchOf(actor);
  const done = await activities.save({ owner: actor.owner, ...batch });
  if (!done.saved) throw new Error('the row is owned by another');
  return withActor(saved(actor, batch, done.foreign), now);
}

async function run({ actor, now }: Scenario, runId: string): Promise<Scenario> {
  const batch = batchOf(actor);
  const { owner, account } = actor;
  const ran = await activities.reconcile({ owner, ...batch, runId, account, at: now });
  if (!ran.saved) throw new Error('the row is owned by another');
  return withActor(reconciled(actor, batch, ran.events, ran.foreign, now), now);
}

it('explains a gap from the rows alone as with its workflow, before and after its run', async () => {
  const accountId = must(isAccountId, 'why');
  const begun = await begin({ accountId });
  let account = ['a', 'b', 'x', 'y']
    .reduce((one, name) => one.when(reserve, { reservationId: r(name) }), begun)
    .when(deliver, { reservationId: r('a'), chatId: c('ca') })
    .when(deliver, { reservationId: r('b'), chatId: c('cb') })
    .when(fail, { reservationId: r('y'), kind: 'unknown' });
  account = await save(account);
  const why = () => readWhy(pool, accountId, { now: account.now });
  expect(await why()).toMatchObject({
    headline: 'The counter says 4, the event log has 2: 2 apart.',
    parts: [
      { cause: 'in_flight', reservations: ['x'] },
      { cause: 'uncertain', reservations: ['y'] },
    ],
    beside: [],
  });
  expect(await readWhy(pool, accountId, { now: 0, status: account.status })).toEqual(await why());
  await pool.query(
    `update safeband.accounts set inmails_sent_today = 104 where account_id = 'why'`,
  );
  expect(await why()).toMatchObject({
    headline: 'The counter says 104, the event log has 2: 102 apart.',
    beside: [{ kind: 'edited' }],
  });
  account = await save(await run(account.until(at('09:30')), 'why/1'));
  const told = await why();
  expect(told?.beside.map(({ kind }) => kind)).toEqual([
    'cooldown',
    'alert',
    'alert',
    'correction',
  ]);
  expect(told?.beside.at(-1)?.text).toContain(
    'a run set it right. The counter says 104, the event log has 2: 102 apart.',
  );
  expect(told?.parts).toMatchObject([{ cause: 'uncertain', reservations: ['x', 'y'] }]);
  expect(JSON.parse(JSON.stringify(told))).toEqual(told);
  expect(await readWhy(pool, 'nobody', { now: account.now })).toBeUndefined();
});
