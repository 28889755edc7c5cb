/** The lists of alerts: which alerts are open, since when, and which comes first. */
import { expect } from 'vitest';
import type { AlertPage, AlertPlace, AlertState } from '../../src/postgres/alerts/alerts.js';
import { raiseAlerts } from '../../src/postgres/save/runs.js';
import { at } from '../support/scenario.js';
import type { DatabaseCheck, Desk } from './desk.js';

let runs = 0;
/** Raises an alert as a reconcile does. */
async function raise({ pool, accountId }: Desk, time: string, kind: string, severity = 'warning') {
  const alerts = [{ accountId, kind, severity, details: { day: '2026-11-24' } }];
  await raiseAlerts(pool, { runId: `${accountId}-${(runs += 1)}`, at: at(time), alerts });
}
const edit = ({ pool, accountId }: Desk, kind: string, change: string): Promise<unknown> =>
  pool.query(`update safeband.alerts set ${change} where account_id = $1 and kind = $2`, [
    accountId,
    kind,
  ]);

async function kindsOf(desk: Desk, more: Partial<AlertPage> = {}): Promise<readonly string[]> {
  const { pool, accountId, build } = desk;
  const page = { accounts: null, accountId, order: 'opened', after: null, limit: 50 } as const;
  const found = await build.pageAlerts(pool, { ...page, ...more });
  return found.map(({ item }) => item.kind);
}

/** Raises three alerts: one is open, a person works on the second, the third has ended. */
async function three(desk: Desk): Promise<void> {
  await raise(desk, '10:00', 'drift');
  await raise(desk, '10:01', 'two_owners', 'critical');
  await raise(desk, '10:02', 'bad_signal', 'info');
  await edit(desk, 'two_owners', `acknowledged_at = raised_at`);
  await edit(desk, 'bad_signal', `resolved_at = raised_at, acknowledged_at = raised_at`);
}

const states: DatabaseCheck = async (desk) => {
  await three(desk);
  const of = (...wanted: AlertState[]) => kindsOf(desk, { states: wanted });
  expect(await of('open')).toEqual(['drift']);
  expect(await of('acknowledged')).toEqual(['two_owners']);
  expect(await of('resolved')).toEqual(['bad_signal']);
  expect(await kindsOf(desk)).toEqual(['bad_signal', 'two_owners', 'drift']);
};

const counts: DatabaseCheck = async (desk) => {
  await three(desk);
  const found = (await desk.build.countOpenAlerts(desk.pool)).get(desk.accountId);
  expect(found).toEqual({ info: 0, warning: 1, critical: 0, acknowledged: 1 });
};

const urgency: DatabaseCheck = async (desk) => {
  await three(desk);
  const order = 'urgency';
  expect(await kindsOf(desk, { order })).toEqual(['two_owners', 'drift', 'bad_signal']);
  const { pool, accountId, build } = desk;
  const seen: string[] = [];
  for (let after: AlertPlace | null = null, n = 0; n < 4; n += 1) {
    const asked: AlertPage = { accounts: null, accountId, order, after, limit: 1 };
    const [one]: Awaited<ReturnType<typeof build.pageAlerts>> = await build.pageAlerts(pool, asked);
    if (!one) break;
    seen.push(one.item.kind);
    after = one.place;
  }
  expect(seen).toEqual(['two_owners', 'drift', 'bad_signal']);
};

const age: DatabaseCheck = async (desk) => {
  const opened = async (): Promise<readonly object[]> =>
    desk.all(
      'select safeband.ms_of(opened_at)::float8 as at from safeband.alerts where account_id = $1',
    );
  await raise(desk, '10:00', 'drift');
  await raise(desk, '10:10', 'drift');
  expect(await opened()).toEqual([{ at: at('10:00') }]);
  await edit(desk, 'drift', 'resolved_at = raised_at');
  await raise(desk, '10:20', 'drift');
  expect(await opened()).toEqual([{ at: at('10:20') }]);
};

export const ALERT_CHECKS = {
  'an alert is in the list of its state': states,
  'the count of an account has its open alerts, those that a person works on apart': counts,
  'the most urgent alert comes first, and each alert once': urgency,
  'the age of an alert begins when it opens': age,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type AlertCheckName = keyof typeof ALERT_CHECKS;
