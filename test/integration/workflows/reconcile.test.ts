/** Runs on the real servers (R6, R8, R12, R14): findings, corrections, and callers that wait. */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../../src/client/index.js';
import type { Findings } from '../../../src/temporal/protocol.js';
import {
  all,
  ask,
  askRead,
  CORRECTIONS,
  edit,
  update,
  sent,
  skipToSave,
  stateOf,
  statusOf,
  whenSaved,
} from '../../support/account.js';
import { PATIENT } from '../../support/patience.js';
import { createStand, type Stand } from '../../support/stand.js';
import { fastForward } from '../../support/time.js';

let stand: Stand;
const fault = { isAway: false, answersLost: 0 };
beforeAll(async () => {
  stand = await createStand({
    activities: (real) => ({
      reconcile: async (run) => {
        if (fault.isAway) throw new Error('the database is away');
        const ran = await real.reconcile(run);
        if (fault.answersLost-- > 0) throw new Error('the answer was lost, the commit was not');
        return ran;
      },
    }),
  });
});
afterAll(() => stand.close());
afterEach(() => {
  fault.isAway = false;
  fault.answersLost = 0;
});

describe('a run', () => {
  it('a reconcile leaves a heartbeat, also when it finds nothing', async () => {
    const { id, account } = await sent(stand, 1);
    const found = await createClient({ client: stand.client, ...PATIENT }).reconcileNow(id);
    expect(found).toMatchObject({ drift: 0, healed: false, alerted: false, cooled: false });
    expect(
      await all(
        stand,
        `select run_id, scope, counter_before, counter_after, delivered, in_flight, drift
           from safeband.reconciler_runs where account_id = $1 order by ran_at desc limit 1`,
        id,
      ),
    ).toEqual([
      {
        run_id: found.runId,
        scope: 'account',
        counter_before: 1,
        counter_after: 1,
        delivered: 1,
        in_flight: 0,
        drift: 0,
      },
    ]);
    expect((await statusOf(account)).nextReconcileAt).toBe(null);
  });

  it('a reconcile at 104 of 50 with 17 sent raises an alert, corrects to 17 and starts a cooldown of an hour', async () => {
    const { id, account } = await sent(stand, 17);
    await edit(stand, id, 'inmails_sent_today = 104');
    const found = await update<Findings>(account, 'reconcileNow');
    expect(found).toMatchObject({ drift: 87, healed: true, alerted: true, cooled: true });
    expect(await all(stand, CORRECTIONS, id)).toEqual([
      { before: 104, after: 17, edited: ['inmails_sent_today'] },
    ]);
    expect(await statusOf(account)).toMatchObject({
      counter: 17,
      state: 'cooldown',
      cooldown: { cause: 'overshoot' },
    });
    const alerts = `select kind, severity, resolved_at is null as is_open, details->>'drift' as drift
      from safeband.alerts where account_id = $1 order by kind`;
    expect(await all(stand, alerts, id)).toEqual([
      { kind: 'drift', severity: 'warning', is_open: true, drift: '87' },
      { kind: 'over_cap', severity: 'critical', is_open: true, drift: '87' },
    ]);
    expect(
      await all(
        stand,
        'select inmails_sent_today as n from safeband.accounts where account_id = $1',
        id,
      ),
    ).toEqual([{ n: 17 }]);
    // The next run finds no gap, resolves the alerts, and starts no second cooldown.
    const again = await update<Findings>(account, 'reconcileNow');
    expect(again).toMatchObject({ drift: 0, healed: false, alerted: false, cooled: false });
    expect(await all(stand, alerts, id)).toMatchObject([{ is_open: false }, { is_open: false }]);
  });

  it('a reconcile whose answer was lost raises one alert, and still starts the cooldown', async () => {
    const { id, account } = await sent(stand, 17);
    await edit(stand, id, 'inmails_sent_today = 104');
    fault.answersLost = 1;
    const findings = await update<Findings>(account, 'reconcileNow');
    expect(findings).toMatchObject({ drift: 87, healed: true, alerted: true, cooled: true });
    expect(await all(stand, CORRECTIONS, id)).toHaveLength(1);
    expect(await statusOf(account)).toMatchObject({ counter: 17, state: 'cooldown' });
    expect(await update<Findings>(account, 'reconcileNow')).toMatchObject({ healed: false });
    expect(
      await all(stand, 'select edits from safeband.accounts where account_id = $1', id),
    ).toEqual([{ edits: null }]);
  });

  it('a reconcile finds an edit that was made just before an ordinary save', async () => {
    const { id, account } = await sent(stand, 2);
    await edit(stand, id, 'inmails_sent_today = 40');
    await ask(account, 'next');
    await update(account, 'sendDelivered', { reservationId: 'next', chatId: 'chat-next' });
    await whenSaved(account);
    expect(await update(account, 'reconcileNow')).toMatchObject({ drift: 37, healed: true });
    expect(await all(stand, CORRECTIONS, id)).toMatchObject([{ before: 40, after: 3 }]);
  });

  it.each([
    ['tier', `'premium'`],
    ['daily_cap', '3'],
    ['in_flight', '7'],
    ['uncertain', '7'],
    ['ramp_day', '4'],
    ['state', `'held'`],
    ['counter_day', `counter_day - 1`],
    ['highest_cap', '1'],
    ['imported', '9'],
    ['breaker_until', 'now()'],
  ])('a run writes back a manual edit of %s, and reports it', async (column, value) => {
    const { id, account } = await sent(stand, 1);
    const rowOf = () =>
      all(stand, `select ${column} as value from safeband.accounts where account_id = $1`, id);
    const before = await rowOf();
    await edit(stand, id, `${column} = ${value}`);
    expect(await update(account, 'reconcileNow')).toMatchObject({ healed: true });
    expect(await rowOf()).toEqual(before);
    expect(await all(stand, CORRECTIONS, id)).toEqual([
      { before: null, after: null, edited: [column] },
    ]);
  });

  it('a reconcile writes a deleted reservation again', async () => {
    const { id, account } = await sent(stand, 2);
    await all(stand, `delete from safeband.reservations where account_id = $1`, id);
    expect(await update(account, 'reconcileNow')).toMatchObject({ healed: true });
    await skipToSave(account);
    const rows = () =>
      all(stand, 'select state from safeband.reservations where account_id = $1', id);
    await expect.poll(rows).toEqual([{ state: 'delivered' }, { state: 'delivered' }]);
  });

  it('a reconcile counts an attempt without a grant', async () => {
    const { id, account } = await sent(stand, 1);
    await all(
      stand,
      `insert into safeband.send_attempts (account_id, reservation_id, quota_day, attempted_at)
       values ($1, 'wild', (now() at time zone 'UTC')::date, now())`,
      id,
    );
    expect(await update(account, 'reconcileNow')).toMatchObject({ healed: true, alerted: true });
    expect(await statusOf(account)).toMatchObject({ counter: 2, uncertain: 1 });
    expect(await all(stand, 'select kind from safeband.alerts where account_id = $1', id)).toEqual([
      { kind: 'undercount' },
    ]);
  });
});

describe('a lease that has ended (R6)', () => {
  const INSERT = `insert into safeband.send_attempts
    (account_id, reservation_id, quota_day, attempted_at)
    values ($1, 'a', (now() at time zone 'UTC')::date, now())`;
  const leased = async (): Promise<{ id: string; account: WorkflowHandle }> => {
    const id = stand.newAccount();
    const account = await stand.connect(id);
    await ask(account, 'a', { leaseSeconds: 1, journaled: true });
    await expect
      .poll(async () => {
        const { openReservations, asOf } = await statusOf(account);
        return asOf >= String(openReservations[0]?.leaseExpiresAt);
      })
      .toBe(true);
    return { id, account };
  };

  it('after a lease (R6), a void row is written and the slot is free: a call that begins later is not sent', async () => {
    const { id, account } = await leased();
    await update(account, 'reconcileNow');
    expect(await stateOf(account, 'a')).toBe('released');
    await expect(all(stand, INSERT, id)).rejects.toThrow('send_attempts_pkey');
  });

  it('after a lease (R6), the slot stays spent if a caller has begun its attempt', async () => {
    const { id, account } = await leased();
    const caller = await stand.pool.connect();
    await caller.query('begin');
    await caller.query(INSERT, [id]);
    await update(account, 'reconcileNow');
    expect(await stateOf(account, 'a')).toBe('uncertain');
    await caller.query('commit');
    caller.release();
    await all(
      stand,
      `update safeband.send_attempts set outcome = 'delivered', chat_id = 'c', settled_at = now()
        where account_id = $1`,
      id,
    );
    await update(account, 'reconcileNow');
    expect(await stateOf(account, 'a')).toBe('delivered');
    const log = () =>
      all(stand, 'select source from safeband.inmail_events where account_id = $1', id);
    await expect.poll(log).toEqual([{ source: 'journal' }]);
  });
});

/** These tests skip 90 minutes of one day, in seconds with a margin. */
const TWO_HOURS = 2 * 3_600;

describe('time', () => {
  const runsOf = async (id: string): Promise<number> =>
    (await all(stand, 'select run_id from safeband.reconciler_runs where account_id = $1', id))
      .length;

  it('a hot account has a reconcile every ten minutes, and then becomes cold', async () => {
    const { id, account } = await sent(stand, 1);
    await ask(account, 'silent');
    const before = await runsOf(id);
    await fastForward(stand.client, account.workflowId, 40 * 60);
    expect(await stateOf(account, 'silent')).toBe('uncertain');
    await whenSaved(account);
    expect(await runsOf(id)).toBeGreaterThanOrEqual(before + 2);
    expect(await statusOf(account)).toMatchObject({ nextReconcileAt: null, state: 'active' });
  });

  it('a cold account that gets a reserve is checked first, and then answers', async () => {
    const { id, account } = await sent(stand, 1);
    await fastForward(stand.client, account.workflowId, 90 * 60);
    const before = await runsOf(id);
    expect(await askRead(account, 'asked')).toMatchObject({ granted: true });
    expect(await runsOf(id)).toBe(before + 1);
    expect(await ask(account, 'again')).toMatchObject({ granted: true });
    expect(await runsOf(id)).toBe(before + 1);
  });

  it('a cold account at its cap answers with a retryAt, not that it is unverified', async () => {
    const { id, account } = await sent(stand, 2, { dailyCap: 2 }, TWO_HOURS);
    await fastForward(stand.client, account.workflowId, 90 * 60);
    const before = await runsOf(id);
    const { asOf } = await statusOf(account);
    const midnight = new Date(Math.ceil(Date.parse(asOf) / 86_400_000) * 86_400_000).toISOString();
    for (const reservationId of ['one', 'two']) {
      expect(await askRead(account, reservationId)).toEqual({
        granted: false,
        reservationId,
        reason: 'daily_cap',
        limit: 2,
        used: 2,
        retryAt: midnight,
      });
    }
    expect(await runsOf(id)).toBe(before + 1);
  });

  it('an account answers unverified while Postgres is away, and then grants again automatically', async () => {
    const { account } = await sent(stand, 1, {}, TWO_HOURS);
    await fastForward(stand.client, account.workflowId, 90 * 60);
    fault.isAway = true;
    expect(await ask(account, 'asked')).toMatchObject({ granted: false, reason: 'unverified' });
    expect(await statusOf(account)).toMatchObject({ state: 'unverified', verified: false });
    await update(account, 'sendDelivered', { reservationId: 'unknown', chatId: 'kept' });
    fault.isAway = false;
    await expect
      .poll(() => update(account, 'reconcileNow').then(() => statusOf(account)))
      .toMatchObject({ state: 'active', verified: true, counter: 2 });
    expect(await ask(account, 'asked')).toMatchObject({ granted: true });
  });
});
