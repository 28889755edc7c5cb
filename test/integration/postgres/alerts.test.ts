/** The rows of alerts: when one opens, who works on it, and how lists of them are paged. */
import { asyncLocalStorage, Context } from '@temporalio/activity';
import { afterEach, expect, it, vi } from 'vitest';
import { fleetActivities } from '../../../src/activities/fleet.js';
import { actOnAlert, type AlertOrder } from '../../../src/postgres/alerts/act.js';
import {
  alertStateOf,
  listAlertActs,
  listOpenAlerts,
  pageAlerts,
  readAlert,
  type Alert,
  type AlertPage,
  type AlertPlace,
} from '../../../src/postgres/alerts/alerts.js';
import { keyOf } from '../../../src/postgres/data/erasureKey.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS, startOf } from '../../../src/domain/primitives/time.js';
import { RETENTION_DEFAULT } from '../../../src/domain/records/retention.js';
import { USUAL_SIZES } from '../../../src/platform/sizes.js';
import { closeFleetAlerts } from '../../../src/postgres/operations/fleet.js';
import { raiseAlerts } from '../../../src/postgres/save/runs.js';
import { at } from '../../support/scenario.js';
import { withDatabase } from '../../support/database.js';

let pool: Pool;
withDatabase(async (own) => {
  pool = own;
});
afterEach(() => {
  vi.restoreAllMocks();
});

const NOTHING = { tasks: [], absent: [] };
let runs = 0;
/** Raises an alert as a reconcile does; the same kind and day is the same alert. */
async function raise(
  accountId: string,
  time: string,
  { kind = 'two_owners', severity = 'warning', day = '2026-11-24' } = {},
): Promise<Alert> {
  runs += 1;
  const alerts = [{ accountId, kind, severity, details: { day } }];
  await raiseAlerts(pool, { runId: `run-${runs}`, at: at(time), alerts });
  const { rows } = await pool.query<{ id: string }>(
    `select alert_id as id from safeband.alerts
      where account_id = $1 and kind = $2 and quota_day = $3`,
    [accountId, kind, day],
  );
  const found = await readAlert(pool, Number(rows[0]?.id), null);
  if (!found) throw new Error('the alert was raised');
  return found;
}
const order = (alertId: number, verb: AlertOrder['verb'], time: string): AlertOrder => ({
  alertId,
  verb,
  actor: 'ada',
  reason: 'looked',
  at: at(time),
  accounts: null,
  knownRaisedAt: null,
});

it('an alert keeps its age and its person while it is raised again, and loses both when it reopens', async () => {
  const { alertId } = await raise('one', '10:00');
  await actOnAlert(pool, order(alertId, 'acknowledge', '10:01'));
  const again = await raise('one', '10:10');
  expect(again).toMatchObject({
    alertId,
    times: 2,
    openedAt: at('10:00'),
    raisedAt: at('10:10'),
    acknowledged: { actor: 'ada', reason: 'looked', at: at('10:01') },
  });
  await actOnAlert(pool, order(alertId, 'close', '10:11'));
  expect(await readAlert(pool, alertId, null)).toMatchObject({
    resolvedAt: at('10:11'),
    closed: { actor: 'ada', at: at('10:11') },
  });
  const reopened = await raise('one', '10:20');
  expect(reopened).toMatchObject({
    alertId,
    openedAt: at('10:20'),
    acknowledged: null,
    resolvedAt: null,
    closed: null,
  });
  expect(alertStateOf(reopened)).toBe('open');
  const acts = await listAlertActs(pool, alertId);
  expect(acts.map(({ action }) => action)).toEqual(['closed', 'acknowledged']);
});

it('an alert whose severity rises is no longer acknowledged, and a falling one still is', async () => {
  const { alertId } = await raise('two', '10:00', { severity: 'warning' });
  await actOnAlert(pool, order(alertId, 'acknowledge', '10:01'));
  expect(await raise('two', '10:10', { severity: 'info' })).toMatchObject({
    acknowledged: { actor: 'ada' },
  });
  expect(await raise('two', '10:20', { severity: 'critical' })).toMatchObject({
    acknowledged: null,
  });
});

it('a cause of no day stays one alert over midnight, and a cause of a day has an alert for each', async () => {
  const DAYS = ['2026-11-24', '2026-11-25'];
  const raiseOn = async (day: string, kind: string): Promise<string> => {
    const runId = `over-${(runs += 1)}`;
    const alerts = [{ accountId: 'over', kind, severity: 'critical', details: { day } }];
    const time = at('10:00') + DAYS.indexOf(day) * DAY_MS;
    await raiseAlerts(pool, { runId, at: time, alerts });
    return runId;
  };
  for (const day of DAYS) await raiseOn(day, 'drift');
  await raiseOn('2026-11-24', 'tasks_failing');
  await pool.query(
    `update safeband.alerts set acknowledged_at = raised_at where kind = 'tasks_failing'`,
  );
  const runId = await raiseOn('2026-11-25', 'tasks_failing');
  // An older version has opened one on each day: the audit ends the other one.
  await pool.query(
    `insert into safeband.alerts (account_id, kind, severity, quota_day, raised_at)
     values ('over', 'tasks_failing', 'critical', '2026-11-23', safeband.at_ms($1))`,
    [at('09:00') - DAY_MS],
  );
  await closeFleetAlerts(pool, { runId, at: at('10:00') + DAY_MS, kept: NOTHING });
  const { rows } = await pool.query(
    `select kind, quota_day::text as day, details->>'day' as stated, times,
            resolved_at is null as "isOpen", acknowledged_at is not null as "isAcknowledged"
       from safeband.alerts where account_id = 'over' order by kind, quota_day`,
  );
  const [first = '', second = ''] = DAYS;
  const drift = { kind: 'drift', times: 1, isOpen: true, isAcknowledged: false };
  const failing = { kind: 'tasks_failing', isOpen: true, isAcknowledged: true };
  expect(rows).toEqual([
    { ...drift, day: first, stated: first },
    { ...drift, day: second, stated: second },
    { ...failing, day: '2026-11-23', stated: null, times: 1, isOpen: false, isAcknowledged: false },
    { ...failing, day: first, stated: first, times: 2 },
  ]);
  // An audit that began before the last one, and ends after it, does not know of this alert.
  const close = (time: number) =>
    closeFleetAlerts(pool, { runId: 'older', at: time, kept: NOTHING });
  const isOpen = async (): Promise<unknown> =>
    (
      await pool.query(
        `select resolved_at is null as "isOpen" from safeband.alerts
          where account_id = 'over' and kind = 'tasks_failing' and quota_day = $1`,
        [first],
      )
    ).rows;
  await close(at('10:00') + DAY_MS - 1);
  expect(await isOpen()).toEqual([{ isOpen: true }]);
  await close(at('10:00') + DAY_MS);
  expect(await isOpen()).toEqual([{ isOpen: false }]);
});

it('an alert is closed once, by one of two people at the same time', async () => {
  const { alertId } = await raise('three', '10:00');
  const both = await Promise.all(
    ['10:01', '10:02'].map((time) => actOnAlert(pool, order(alertId, 'close', time))),
  );
  expect(both.filter((one) => one && 'alert' in one)).toHaveLength(1);
  expect(await listAlertActs(pool, alertId)).toHaveLength(1);
});

it('a close waits for a statement that raises the alert again, and then hides nothing', async () => {
  const { alertId, raisedAt } = await raise('waits', '10:00');
  const raising = await pool.connect();
  await raising.query('begin');
  await raising.query(
    `update safeband.alerts set raised_at = raised_at + interval '1 minute', times = times + 1
      where alert_id = $1`,
    [alertId],
  );
  const closing = actOnAlert(pool, {
    ...order(alertId, 'close', '10:02'),
    knownRaisedAt: raisedAt,
  });
  const waiting = async (): Promise<number | null> =>
    (
      await pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
    ).rowCount;
  await expect.poll(waiting).toBe(1);
  await raising.query('commit');
  raising.release();
  expect(await closing).toMatchObject({ refusal: { code: 'AlertRaisedAgain' } });
  expect(await readAlert(pool, alertId, null)).toMatchObject({ resolvedAt: null, times: 2 });
});

it('the row of an acknowledgement or a close can be neither changed nor deleted', async () => {
  const { alertId } = await raise('four', '10:00');
  await actOnAlert(pool, order(alertId, 'close', '10:01'));
  for (const sql of [
    'update safeband.alert_actions set actor = $1',
    'delete from safeband.alert_actions where actor <> $1',
  ]) {
    await expect(pool.query(sql, ['eve'])).rejects.toThrow('append-only');
  }
});

it('a list of alerts is paged in each order, without a missing and without a repeated alert', async () => {
  const severities = ['info', 'critical', 'warning'];
  for (let n = 0; n < 9; n += 1) {
    await raise(`page-${n}`, `11:0${n % 3}`, { severity: severities[n % 3] ?? '' });
  }
  const accounts = Array.from({ length: 9 }, (_, n) => `page-${n}`);
  for (const sort of ['raised', 'opened', 'urgency'] as const) {
    const base: AlertPage = { accounts, order: sort, after: null, limit: 100 };
    const whole = (await pageAlerts(pool, base)).map(({ item }) => item.accountId);
    const paged: string[] = [];
    for (let after: AlertPlace | null = null, isMore = true; isMore;) {
      const part: Awaited<ReturnType<typeof pageAlerts>> = await pageAlerts(pool, {
        ...base,
        after,
        limit: 2,
      });
      paged.push(...part.map(({ item }) => item.accountId));
      after = part.at(-1)?.place ?? null;
      isMore = part.length === 2;
    }
    expect([sort, paged]).toEqual([sort, whole]);
    expect(new Set(whole).size).toBe(9);
  }
  const urgent = await pageAlerts(pool, { accounts, order: 'urgency', after: null, limit: 9 });
  expect(urgent.map(({ item }) => item.severity)).toEqual(
    ['critical', 'warning', 'info'].flatMap((one) => [one, one, one]),
  );
});

it('a list of alerts has only those that the filters name', async () => {
  const { alertId } = await raise('five', '12:00', { kind: 'drift', severity: 'critical' });
  await raise('five', '12:01', { kind: 'undercount' });
  const page = { accounts: ['five'], order: 'opened', after: null, limit: 9 } as const;
  const kinds = async (more: Partial<AlertPage>) =>
    (await pageAlerts(pool, { ...page, ...more })).map(({ item }) => item.kind);
  expect(await kinds({})).toEqual(['undercount', 'drift']);
  expect(await kinds({ kind: 'drift' })).toEqual(['drift']);
  expect(await kinds({ severity: 'warning' })).toEqual(['undercount']);
  expect(await kinds({ accountId: 'four' })).toEqual([]);
  await actOnAlert(pool, order(alertId, 'acknowledge', '12:02'));
  expect(await kinds({ states: ['acknowledged'] })).toEqual(['drift']);
  expect(await kinds({ states: ['open'] })).toEqual(['undercount']);
  expect(await kinds({ states: ['resolved'] })).toEqual([]);
  expect(await kinds({ states: [] })).toEqual([]);
  const open = await listOpenAlerts(pool, { accountId: 'five', limit: 9 });
  expect(open.map(({ kind }) => kind)).toEqual(['undercount', 'drift']);
});

it('a long audit keeps the alert of an account that it could not start, reports none as overdue that it has not tried, and compares no month', async () => {
  const now = startOf(dayOf(Date.now())) + 12 * HOUR_MS; // months are compared after 03:00 UTC
  // Connected, without a workflow, and without a reconcile for an hour: one more than a batch.
  const { rows: gone } = await pool.query<{ id: string }>(
    `insert into safeband.accounts
       (account_id, tier, inmails_sent_today, counter_day, highest_cap, state, owner,
        owner_version, version, updated_at, hot_since, last_checked_at)
     select 'gone-' || lpad(n::text, 2, '0'), 'recruiter', 0, safeband.utc_day(now()), 50, 'active',
            'chain', 1, 1, now(), safeband.at_ms($1), safeband.at_ms($1)
       from generate_series(0, 25) n returning account_id as id`,
    [now - HOUR_MS],
  );
  const [refused = '', last = ''] = [gone.at(0)?.id, gone.at(-1)?.id];
  const earlier = [refused, last].map((accountId) => ({
    accountId,
    kind: 'workflow_missing',
    severity: 'critical',
    details: { day: '2026-11-24' },
  }));
  await raiseAlerts(pool, { runId: 'earlier', at: now - 10 * MINUTE_MS, alerts: earlier });
  const none = async function* (): AsyncIterable<string> {
    yield* [];
  };
  const nothing = async () => undefined;
  const erasureKey = keyOf(Buffer.alloc(32, 7));
  await pool.query(
    `insert into safeband.event_seals (month, previous, hash, rows, key_id, sealed_by)
     values ('2020-01-01', repeat('0', 64), repeat('0', 64), 0, $1, 'ada')`,
    [erasureKey.id],
  );
  const comparisons = async (): Promise<number | null> =>
    (await pool.query('select from safeband.seal_comparisons')).rowCount;
  let [aheadMs, endMs, isAway] = [0, 13 * MINUTE_MS, false];
  const sinceBegin = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => sinceBegin() + aheadMs);
  vi.spyOn(Date, 'now').mockImplementation(() => now + aheadMs);
  const { auditFleet } = fleetActivities(
    pool,
    {
      running: none,
      wake: async (accountId) => {
        aheadMs = endMs; // the time of an audit ends with its first batch
        if (isAway || accountId === refused) throw new Error('Temporal does not answer');
        return false;
      },
      start: nothing,
      startOrder: nothing,
      tasks: {
        reported: none,
        read: async () => null,
        unread: async () => null,
        terminate: nothing,
        start: nothing,
      },
    },
    USUAL_SIZES,
    { keep: RETENTION_DEFAULT, erasureKey },
  );
  const warnings: string[] = [];
  const context = Object.create(Context.prototype, {
    heartbeat: { value: () => undefined },
    log: { value: { info: () => undefined, warn: (text: string) => void warnings.push(text) } },
  });
  const audit = (runId: string, when: number) =>
    asyncLocalStorage.run(context, () => auditFleet({ runId, at: when, skewMs: 0 }));
  expect(await audit('long', now)).toMatchObject({ missing: 24, unreached: 2, silent: 1 });
  const openOf = async (accountId: string): Promise<readonly string[]> =>
    (await listOpenAlerts(pool, { accountId, limit: 9 })).map(({ kind }) => kind).toSorted();
  expect(await openOf(refused)).toEqual(['run_overdue', 'workflow_missing']);
  expect(await openOf(last)).toEqual(['workflow_missing']);
  expect(await openOf(gone[1]?.id ?? '')).toEqual(['workflow_missing']);
  expect(await comparisons()).toBe(0);
  expect(warnings).toContainEqual(expect.stringContaining('no month is sealed or compared'));
  await audit('short', now + 20 * MINUTE_MS);
  expect(await comparisons()).toBe(1);
  // Each audit begins with the same accounts: if it starts none of them, the others are overdue.
  [endMs, isAway] = [26 * MINUTE_MS, true];
  expect(await audit('away', now + 40 * MINUTE_MS)).toMatchObject({ unreached: 26, silent: 26 });
  expect(await openOf(last)).toContain('run_overdue');
  const { rows: heartbeats } = await pool.query(
    `select distinct explanation->>'erasureKey' as key from safeband.reconciler_runs`,
  );
  expect(heartbeats).toEqual([{ key: erasureKey.id }]);
});
