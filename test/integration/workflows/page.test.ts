/**
 * "Why does my InMail counter differ from what I sent?": the sentences of that support article,
 * each shown on the real server and database. Those about time are in pageOverTime.test.ts, "the
 * reconcile uses the database only" in databaseOnly.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Audited } from '../../../src/activities/ports.js';
import {
  createClient,
  pgJournal,
  SendFailure,
  sendWithSlot,
  type SafebandClient,
  type Send,
} from '../../../src/client/index.js';
import type { StatusWire } from '../../../src/domain/wire/responses.js';
import {
  all,
  ask,
  CORRECTIONS,
  edit,
  run,
  update,
  sent,
  statusOf,
  whenSaved,
  type Part,
} from '../../support/account.js';
import { PATIENT } from '../../support/patience.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
let safeband: SafebandClient;
beforeAll(async () => {
  stand = await createStand();
  safeband = createClient({ ...PATIENT, client: stand.client, taskQueue: stand.taskQueue });
});
afterAll(() => stand.close());

/** Reads the numbers that people see: both counts, and the parts of the gap. */
const pageOf = (id: string): Promise<readonly unknown[]> =>
  all(
    stand,
    `select inmails_sent_today as counter, delivered, drift
       from safeband.account_status where account_id = $1`,
    id,
  );
const logged = (id: string): Promise<readonly unknown[]> =>
  all(stand, 'select chat_id from safeband.inmail_events where account_id = $1', id);
const alertsOf = (id: string): Promise<readonly unknown[]> =>
  all(
    stand,
    'select kind, severity from safeband.alerts where account_id = $1 and resolved_at is null order by kind',
    id,
  );
/** Sends one InMail as a send pipeline does. */
const sends = (id: string, reservationId: string, send: Send): Promise<unknown> =>
  sendWithSlot(safeband, id, { reservationId }, send, { journal: pgJournal(stand.pool) });
/** Reads the parts of the gap in the newest run of an account. */
async function gapOf(id: string): Promise<readonly Part[]> {
  const { rows } = await stand.pool.query<{ parts: readonly Part[] }>(
    `select explanation->'parts' as parts from safeband.reconciler_runs
      where account_id = $1 order by ran_at desc, recorded_at desc limit 1`,
    [id],
  );
  return (rows[0]?.parts ?? []).map(({ cause, count }) => ({ cause, count }));
}

describe('The counter runs ahead of what was sent, because it has to be right before a send.', () => {
  it('The counter is raised before LinkedIn is called.', async () => {
    const { id, account } = await sent(stand, 2);
    let atTheCall: StatusWire | undefined;
    await sends(id, 'next', async () => {
      atTheCall = await statusOf(account);
      expect(await logged(id)).toHaveLength(2);
      return { chatId: 'chat-next' };
    });
    expect(atTheCall).toMatchObject({ counter: 3, delivered: 2, inFlight: 1 });
    expect(await statusOf(account)).toMatchObject({ counter: 3, delivered: 3, inFlight: 0 });
  });

  it('While an InMail is in flight, the counter is one more than the event log, and this is normal.', async () => {
    const { id, account } = await sent(stand, 2);
    await ask(account, 'flying');
    expect(await run(account)).toMatchObject({ drift: 1, healed: false, alerted: false });
    expect(await pageOf(id)).toEqual([{ counter: 3, delivered: 2, drift: 1 }]);
    expect(await gapOf(id)).toEqual([{ cause: 'in_flight', count: 1 }]);
    await update(account, 'sendDelivered', { reservationId: 'flying', chatId: 'chat-flying' });
    await whenSaved(account);
    expect(await pageOf(id)).toEqual([{ counter: 3, delivered: 3, drift: 0 }]);
  });

  it('After a send that LinkedIn did not take, the two numbers are equal again.', async () => {
    const { id, account } = await sent(stand, 2);
    let atTheCall: StatusWire | undefined;
    await sends(id, 'refused', async () => {
      atTheCall = await statusOf(account);
      throw new SendFailure('rejected', 'the member takes no InMails');
    });
    expect(atTheCall).toMatchObject({ counter: 3, inFlight: 1 });
    expect(await statusOf(account)).toMatchObject({ counter: 2, delivered: 2, inFlight: 0 });
    expect(await run(account)).toMatchObject({ drift: 0, healed: false });
    expect(await pageOf(id)).toEqual([{ counter: 2, delivered: 2, drift: 0 }]);
  });
});

describe('A drift of more than five raises an alert; a counter far over the cap starts a cooldown.', () => {
  it('A counter of 104 of 50 with 17 sent raises an alert; one reconcile corrects it to 17 and starts a cooldown of an hour.', async () => {
    const { id, account } = await sent(stand, 17);
    await edit(stand, id, 'inmails_sent_today = 104');
    const found = await run(account);
    expect(found).toMatchObject({ drift: 87, healed: true, alerted: true, cooled: true });
    expect(await alertsOf(id)).toEqual([
      { kind: 'drift', severity: 'warning' },
      { kind: 'over_cap', severity: 'critical' },
    ]);
    expect(await all(stand, CORRECTIONS, id)).toEqual([
      { before: 104, after: 17, edited: ['inmails_sent_today'] },
    ]);
    expect(await gapOf(id)).toEqual([{ cause: 'edited_by_hand', count: 87 }]);
    expect(await pageOf(id)).toEqual([{ counter: 17, delivered: 17, drift: 0 }]);
    const { counter, state, cooldown } = await statusOf(account);
    expect({ counter, state, cause: cooldown?.cause }).toEqual({
      counter: 17,
      state: 'cooldown',
      cause: 'overshoot',
    });
    const ranAt = `select to_char((ran_at + interval '1 hour') at time zone 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as until from safeband.reconciler_runs
      where account_id = $1 and cooled`;
    expect(await all(stand, ranAt, id)).toEqual([{ until: cooldown?.until }]);
    expect(await run(account)).toMatchObject({ healed: false, alerted: false, cooled: false });
    expect(await alertsOf(id)).toEqual([]);
  });

  it.each([
    [22, 'no alert', 5, []],
    [23, 'an alert', 6, [{ kind: 'drift', severity: 'warning' }]],
  ])('A counter of %i with 17 that were sent: %s.', async (counter, _, drift, alerts) => {
    const { id, account } = await sent(stand, 17);
    await edit(stand, id, `inmails_sent_today = ${counter}`);
    const alerted = alerts.length > 0;
    expect(await run(account)).toMatchObject({ drift, healed: true, alerted, cooled: false });
    expect(await alertsOf(id)).toEqual(alerts);
    expect(await statusOf(account)).toMatchObject({ counter: 17, state: 'active' });
  });

  it.each([
    [5, 'no alert', []],
    [6, 'an information, because they explain it', [{ kind: 'drift', severity: 'info' }]],
  ])('%i in flight with 17 that were sent: %s.', async (flying, _, alerts) => {
    const { id, account } = await sent(stand, 17);
    for (let n = 0; n < flying; n += 1) await ask(account, `flying${n}`);
    expect(await run(account)).toMatchObject({ drift: flying, healed: false, cooled: false });
    expect(await alertsOf(id)).toEqual(alerts);
    expect(await gapOf(id)).toEqual([{ cause: 'in_flight', count: flying }]);
  });

  it.each([
    [59, 50, 'sales_navigator', 'active'],
    [60, 50, 'sales_navigator', 'cooldown'],
    [29, 25, 'premium', 'active'],
    [30, 25, 'premium', 'cooldown'],
    [0, 0, 'free', 'active'],
    [1, 0, 'free', 'cooldown'],
  ])('%i of a cap of %i (%s): %s.', async (counter, cap, tier, state) => {
    const { id, account } = await sent(stand, 0, { tier });
    expect(await statusOf(account)).toMatchObject({ caps: { daily: cap } });
    await edit(stand, id, `inmails_sent_today = ${counter}`);
    expect(await run(account)).toMatchObject({ cooled: state === 'cooldown' });
    expect(await statusOf(account)).toMatchObject({ counter: 0, state });
  });

  it('A cap that is lowered during a day is no overshoot: it only stops new sends.', async () => {
    const { id, account } = await sent(stand, 17);
    await update(account, 'configure', { dailyCap: 10 });
    expect(await run(account)).toMatchObject({ drift: 0, alerted: false, cooled: false });
    expect(await alertsOf(id)).toEqual([]);
    expect(await ask(account, 'more')).toMatchObject({ granted: false, reason: 'daily_cap' });
  });
});

describe('A counter that is too low is raised; none falls below the slots in flight.', () => {
  it('A row with less than was sent is written back.', async () => {
    const { id, account } = await sent(stand, 5);
    await edit(stand, id, 'inmails_sent_today = 2');
    expect(await run(account)).toMatchObject({ healed: true });
    expect(await all(stand, CORRECTIONS, id)).toEqual([
      { before: null, after: null, edited: ['inmails_sent_today'] },
    ]);
    expect(await pageOf(id)).toEqual([{ counter: 5, delivered: 5, drift: 0 }]);
  });

  it('Sends without a slot raise the counter, and raise an alert.', async () => {
    const { id, account } = await sent(stand, 2);
    await all(
      stand,
      `insert into safeband.inmail_events
         (account_id, chat_id, source, quota_day, delivered_at)
       select $1, 'manual ' || n, 'external', (now() at time zone 'UTC')::date, now()
         from generate_series(1, 3) as n`,
      id,
    );
    expect(await run(account)).toMatchObject({ drift: -3, healed: true, alerted: true });
    expect(await alertsOf(id)).toEqual([{ kind: 'undercount', severity: 'warning' }]);
    expect(await all(stand, CORRECTIONS, id)).toEqual([{ before: 2, after: 5, edited: [] }]);
    expect(await statusOf(account)).toMatchObject({ counter: 5, delivered: 2, external: 3 });
    expect(await run(account)).toMatchObject({ drift: 0, healed: false, alerted: false });
  });

  it.each([0, 1, 104])('With 3 in flight, %i in the row is corrected to 3.', async (counter) => {
    const { id, account } = await sent(stand, 0);
    for (const reservationId of ['a', 'b', 'c']) await ask(account, reservationId);
    await run(account);
    await edit(stand, id, `inmails_sent_today = ${counter}`);
    await run(account);
    expect(await statusOf(account)).toMatchObject({ counter: 3, inFlight: 3 });
    const row = 'select inmails_sent_today as n from safeband.accounts where account_id = $1';
    expect(await all(stand, row, id)).toEqual([{ n: 3 }]);
  });
});

it('Each reconcile writes a heartbeat, also if it found nothing.', async () => {
  const { id, account } = await sent(stand, 1);
  const heartbeats = `select run_id, scope, accounts_checked, counter_before, counter_after,
    delivered, drift, alerted, cooled from safeband.reconciler_runs where account_id = $1`;
  const before = (await all(stand, heartbeats, id)).length;
  const runIds: string[] = [];
  for (let n = 0; n < 3; n += 1) runIds.push((await run(account)).runId);
  expect(new Set(runIds).size).toBe(3);
  const quiet = {
    scope: 'account',
    accounts_checked: 1,
    counter_before: 1,
    counter_after: 1,
    delivered: 1,
    drift: 0,
    alerted: false,
    cooled: false,
  };
  const rows = await all(stand, `${heartbeats} order by ran_at, recorded_at`, id);
  expect(rows.slice(before)).toEqual(runIds.map((run_id) => ({ run_id, ...quiet })));
});

it('The fleet audit also checks an account that was idle all day, and records it.', async () => {
  const { id, account } = await sent(stand, 0);
  const { lastReconciledAt } = await statusOf(account);
  const audited = await stand.client.workflow.execute<() => Promise<Audited>>('inmailFleetAudit', {
    workflowId: `audit-${stand.taskQueue}`,
    taskQueue: stand.taskQueue,
    args: [],
  });
  const heartbeat = `select scope, account_id, accounts_checked from safeband.reconciler_runs
    where scope = 'fleet' and $1 <> '' order by ran_at desc limit 1`;
  expect(await all(stand, heartbeat, id)).toEqual([
    { scope: 'fleet', account_id: null, accounts_checked: audited.checked },
  ]);
  const checked = `select last_checked_at > $2::timestamptz as later
    from safeband.account_status where account_id = $1`;
  const { rows } = await stand.pool.query(checked, [id, lastReconciledAt]);
  expect(rows).toEqual([{ later: true }]);
});
