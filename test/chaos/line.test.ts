/**
 * The waiting line on real servers (R21): asks that wait get their slots in order, each caller
 * learns its decision, and a restart, a terminated workflow and midnights change nothing of it.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dayOf, DAY_MS, isoInstant, startOf } from '../../src/domain/primitives/time.js';
import { update, ask, query, statusOf } from '../support/account.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward } from '../support/time.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

/** A workflow without a worker: its history has every Signal that it received. */
const receiver = (workflowId: string): Promise<WorkflowHandle> =>
  stand.client.workflow.start('receiver', { workflowId, taskQueue: 'without-a-worker', args: [] });

/** Returns the decisions that a workflow received, in their order. */
async function received(workflow: WorkflowHandle): Promise<readonly Decision[]> {
  const { events } = await workflow.fetchHistory();
  const signals = events?.flatMap((one) => one.workflowExecutionSignaledEventAttributes ?? []);
  const decode = stand.client.options.loadedDataConverter.payloadConverter;
  return (signals ?? []).map(({ input }) =>
    decode.fromPayload<Decision>(input?.payloads?.[0] ?? {}),
  );
}
type Decision = { readonly granted: boolean; readonly reservationId: string };

/** Ten days have the longest line, and two weeks of midnights. */
const DAYS = Number(process.env['SAFEBAND_LINE_DAYS'] ?? 3);

const inDays = (days: number): string => isoInstant(Date.now() + days * DAY_MS);

const turnsOf = async (id: string) => {
  const { rows } = await stand.pool.query<{ id: string; at: Date; state: string }>(
    `select reservation_id as id, decided_at as at, state from safeband.waiting
      where account_id = $1 order by decided_at, number`,
    [id],
  );
  return rows;
};

describe('the waiting line', () => {
  it('serves in order at the pace, and each workflow learns its decision once', async () => {
    const id = stand.newAccount();
    const account = await stand.connect(id, { pacing: { minGapSeconds: 1 } });
    const workflow = await receiver(`${id}-receiver`);
    const replyTo = { workflowId: workflow.workflowId, signalName: 'decided' };
    const names = ['a', 'b', 'c', 'd', 'e'];
    const more = { wait: true, validUntil: inDays(3), replyTo };
    // One message, because a slow machine would serve the first ones before the last one asks.
    const asks = names.map((reservationId) => ({ reservationId, ...more }));
    const { decisions } = await update<{ decisions: readonly object[] }>(
      account,
      'sendReserveBatch',
      { requests: [{ reservationId: 'first' }, ...asks] },
    );
    expect(decisions).toMatchObject([
      { granted: true },
      ...names.map((_, n) => ({ waiting: true, position: n + 1 })),
    ]);
    await expect.poll(async () => received(workflow)).toHaveLength(5);
    expect(
      (await received(workflow)).map(({ granted, reservationId }) => [granted, reservationId]),
    ).toEqual(names.map((name) => [true, name]));
    const turns = await turnsOf(id);
    expect(turns.map((one) => one.id)).toEqual(names);
    const gaps = turns.slice(1).map(({ at }, n) => Number(at) - Number(turns[n]?.at));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
    expect(await statusOf(account)).toMatchObject({ waiting: 0, counter: 6 });
  });

  it('survives a restart of its worker and a terminated workflow, saved or not', async () => {
    const id = stand.newAccount();
    const account = await stand.connect(id, { dailyCap: 1 });
    await ask(account, 'first');
    const more = { wait: true, validUntil: inDays(3) };
    expect(await ask(account, 'saved', more)).toMatchObject({ position: 1 });
    await update(account, 'reconcileNow', {});
    expect(await ask(account, 'unsaved', more)).toMatchObject({ position: 2 });
    expect(await ask(account, 'withdrawn', more)).toMatchObject({ position: 3 });
    expect(await update(account, 'sendWithdraw', { reservationId: 'withdrawn' })).toEqual({
      withdrawn: true,
      reservationId: 'withdrawn',
    });
    await account.terminate('an accident');
    await stand.stopWorker();
    await stand.startWorker();
    const again = await stand.connect(id);
    // Past midnight, the slot in flight takes the room of the new day.
    const { waiting, counter, carried } = await statusOf(again);
    expect([waiting, counter + carried]).toEqual([2, 1]);
    await update(again, 'sendFailed', { reservationId: 'first', kind: 'rejected' });
    await expect
      .poll(() => query(again, 'reservation', { reservationId: 'saved' }))
      .toMatchObject({ state: 'in_flight', mayAttempt: true });
    expect(await query(again, 'reservation', { reservationId: 'unsaved' })).toMatchObject({
      state: 'waiting',
      position: 1,
    });
  });

  it(`serves ${50 * DAYS} asks on a cap of 50 over ${DAYS} days: 50 a day, in order, each once`, async () => {
    const id = stand.newAccount();
    const account = await stand.connect(id, { tier: 'recruiter', dailyCap: 50, weeklyCap: 250 });
    const names = Array.from(
      { length: 50 * (DAYS + 1) },
      (_, n) => `w${String(n).padStart(3, '0')}`,
    );
    const more = { wait: true, validUntil: inDays(20), leaseSeconds: 60 };
    for (let n = 0; n < names.length; n += 50) {
      const requests = names.slice(n, n + 50).map((reservationId) => ({ reservationId, ...more }));
      await update(account, 'sendReserveBatch', { requests });
    }
    expect(await statusOf(account)).toMatchObject({ waiting: 50 * DAYS, counter: 50 });
    for (let day = 1; day <= DAYS * 1.5; day += 1) {
      const now = Date.parse((await statusOf(account)).asOf);
      const next = startOf(dayOf(now) + 1) + 5 * 60_000;
      await fastForward(stand.client, account.workflowId, Math.ceil((next - now) / 1_000));
    }
    await expect.poll(async () => (await statusOf(account)).waiting).toBe(0);
    await expect
      .poll(async () => (await turnsOf(id)).filter(({ state }) => state === 'granted'))
      .toHaveLength(50 * DAYS);
    const turns = await turnsOf(id);
    expect(turns.map((one) => one.id)).toEqual(names.slice(50));
    const { rows } = await stand.pool.query<{ slots: number }>(
      `select count(*)::int as slots from safeband.reservations where account_id = $1
        group by quota_day order by quota_day`,
      [id],
    );
    expect(rows.map(({ slots }) => slots)).toEqual(Array.from({ length: DAYS + 1 }, () => 50));
  });
});
