/**
 * The metrics of the HTTP server for Prometheus: its own latencies, and the fleet's numbers from
 * Postgres. Each process makes its own registry. No label names an account, because there are many
 * and readers of metrics need no ids. `workflows/metrics.ts` has the metrics of workers.
 */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Gauges } from '../postgres/operations/gauges.js';

/** Buckets around the promised times: a reserve of some ms, a page of 50 ms, a deadline of 5 s. */
const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export type Metrics = {
  readonly registry: Registry;
  /** Counts an answered request; `route` is the pattern, never the address. */
  readonly requested: (
    labels: { readonly method: string; readonly route: string; readonly status: number },
    seconds: number,
  ) => void;
  /** Counts a call to an account; `outcome`: `ok`, or the error's type (docs/contract.md, 2). */
  readonly called: (
    labels: { readonly call: string; readonly outcome: string },
    seconds: number,
  ) => void;
  /** Shows the address of the runbook, from which alert rules build their links. */
  readonly linked: (runbookUrl: string) => void;
  /** Shows the numbers from Postgres. Null: no answer, so old numbers are not repeated. */
  readonly show: (gauges: Gauges | null) => void;
  /** Shows the brakes that are on. Null: they cannot be read, so no caller gets a slot (R27). */
  readonly braked: (brakes: readonly BrakeAge[] | null) => void;
};

/** For how long a brake is on; `group` null: that of all accounts. */
export type BrakeAge = { readonly group: string | null; readonly seconds: number };

/** Makes a registry, with the process's metrics. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Histogram({ name, help, labelNames, buckets: SECONDS, registers: [registry] });
  const requests = histogram(
    'safeband_http_request_duration_seconds',
    'Answered HTTP requests, by route and status',
    ['method', 'route', 'status'],
  );
  const calls = histogram(
    'safeband_call_duration_seconds',
    "Calls to accounts' workflows, by message or query and outcome",
    ['call', 'outcome'],
  );
  const runbook = new Gauge({
    name: 'safeband_runbook_info',
    help: 'The address of the runbook, in its label',
    labelNames: ['url'],
    registers: [registry],
  });
  return {
    registry,
    linked: (url) => {
      runbook.reset();
      runbook.set({ url }, 1);
    },
    requested: (labels, seconds) => requests.observe(labels, seconds),
    called: (labels, seconds) => calls.observe(labels, seconds),
    show: fleetGauges(registry),
    braked: brakeGauges(registry),
  };
}

type Value = { readonly labels?: { readonly [label: string]: string }; readonly value: number };
type Shown = {
  readonly help: string;
  readonly labels?: readonly string[];
  /** A missing number has no line, because 0 would be wrong. */
  readonly values: (gauges: Gauges) => readonly Value[];
};
const one =
  (read: (gauges: Gauges) => number | null | undefined): Shown['values'] =>
  (gauges) => {
    const value = read(gauges);
    return value === null || value === undefined ? [] : [{ value }];
  };

/** Sums a number of each group over the states of its accounts. */
const byGroup =
  (read: (row: Gauges['groups'][number]) => number): Shown['values'] =>
  ({ groups }) => {
    const sums = new Map<string, number>();
    for (const row of groups) sums.set(row.group, (sums.get(row.group) ?? 0) + read(row));
    return [...sums].map(([group, value]) => ({ labels: { group }, value }));
  };

/** Every number of the fleet, by name. */
const FLEET: { readonly [name: string]: Shown } = {
  safeband_accounts: {
    help: 'Accounts by the state that holds now',
    labels: ['state'],
    values: ({ accounts }) =>
      accounts.map(({ state, count }) => ({ labels: { state }, value: count })),
  },
  safeband_group_accounts: {
    help: 'Accounts by group and state: the 20 largest groups, none, and all others as other',
    labels: ['group', 'state'],
    values: ({ groups }) =>
      groups.map(({ group, state, count }) => ({ labels: { group, state }, value: count })),
  },
  safeband_group_slots_spent: {
    help: 'Slots spent today by group, and by the present state of the accounts',
    labels: ['group', 'state'],
    values: ({ groups }) =>
      groups.map(({ group, state, counter }) => ({ labels: { group, state }, value: counter })),
  },
  safeband_group_slots_uncertain: {
    help: 'Slots of today by group that may or may not have reached LinkedIn',
    labels: ['group'],
    values: byGroup(({ uncertain }) => uncertain),
  },
  safeband_group_slots_in_flight: {
    help: 'Reservations without an outcome, of any day, by group',
    labels: ['group'],
    values: byGroup(({ inFlight }) => inFlight),
  },
  safeband_group_asks_waiting: {
    help: 'Asks that wait in the lines of accounts, by group',
    labels: ['group'],
    values: byGroup(({ waiting }) => waiting),
  },
  safeband_group_cooldowns: {
    help: 'Accounts in a cooldown, by group',
    labels: ['group'],
    values: byGroup(({ cooldowns }) => cooldowns),
  },
  safeband_group_alerts_open: {
    help: 'Open alerts of the last 24 hours, by group; those of the whole fleet as none',
    labels: ['group', 'severity'],
    values: ({ groupAlerts }) =>
      groupAlerts.map(({ group, severity, count }) => ({
        labels: { group, severity },
        value: count,
      })),
  },
  safeband_accounts_in_shadow: {
    help: 'Connected accounts in shadow mode, whose gate grants what it would deny',
    values: one(({ inShadow }) => inShadow),
  },
  safeband_cooldowns: {
    help: 'Accounts in a cooldown, by cause',
    labels: ['cause'],
    values: ({ cooldowns }) =>
      cooldowns.map(({ cause, count }) => ({ labels: { cause }, value: count })),
  },
  safeband_alerts_open: {
    help: 'Open alerts of the last 24 hours, by kind',
    labels: ['kind', 'severity'],
    values: ({ alerts }) =>
      alerts.map(({ kind, severity, count }) => ({ labels: { kind, severity }, value: count })),
  },
  safeband_slots_spent: {
    help: 'Slots spent today: the sum of all counters',
    values: one(({ counter }) => counter),
  },
  safeband_slots_in_flight: {
    help: 'Reservations without an outcome, of any day',
    values: one(({ inFlight }) => inFlight),
  },
  safeband_slots_overdue: {
    help: 'Slots in flight whose lease ended more than 20 minutes ago',
    values: one(({ overdueLeases }) => overdueLeases),
  },
  safeband_slots_uncertain: {
    help: 'Slots of today that may or may not have reached LinkedIn',
    values: one(({ uncertain }) => uncertain),
  },
  safeband_slots_carried: {
    help: 'Slots of earlier days that take room today',
    values: one(({ carried }) => carried),
  },
  safeband_slots_unexplained: {
    help: 'Slots of today that nothing accounts for; the next reconcile corrects them',
    values: one(({ unexplained }) => unexplained),
  },
  safeband_accounts_hot: {
    help: 'Connected accounts that reconcile by their own timer',
    values: one(({ hot }) => hot),
  },
  safeband_oldest_check_age_seconds: {
    help: 'Age of the oldest reconcile of a hot account; hot accounts reconcile every 10 minutes',
    values: one(({ oldestCheckSeconds }) => oldestCheckSeconds),
  },
  safeband_accounts_reset_late: {
    help: 'Connected accounts whose row has an earlier day after the spread of midnight and 30 s',
    values: one(({ lateResets }) => lateResets),
  },
  safeband_audit_age_seconds: {
    help: 'Age of the last heartbeat of the fleet audit, which runs every 10 minutes',
    values: one(({ audit }) => audit?.ageSeconds),
  },
  safeband_audit_duration_seconds: {
    help: 'How long the last fleet audit took',
    values: one(({ audit }) => audit?.durationSeconds),
  },
  safeband_audit_accounts: {
    help: 'Accounts by what the last fleet audit found: checked, drifting (a drift of more than 5), woken …',
    labels: ['found'],
    values: ({ audit }) =>
      Object.entries(audit?.found ?? {}).map(([found, value]) => ({ labels: { found }, value })),
  },
  safeband_seals_compared_age_seconds: {
    help: 'Age of the last comparison of a sealed month with the event log, or of the first seal',
    values: one(({ sealsComparedSeconds }) => sealsComparedSeconds),
  },
  safeband_orders_running: {
    help: 'Orders on many accounts that have not ended',
    values: one(({ orders }) => orders.running),
  },
  safeband_order_accounts_left: {
    help: 'Accounts of these orders without an outcome',
    values: one(({ orders }) => orders.left),
  },
  safeband_order_accounts_failed: {
    help: 'Accounts that an order of the last 24 hours, or a running one, could not change',
    values: one(({ orders }) => orders.failed),
  },
  safeband_webhooks_waiting: {
    help: 'Events that wait to be sent to receivers of webhooks',
    values: one(({ webhooks }) => webhooks.waiting),
  },
  safeband_webhooks_oldest_age_seconds: {
    help: 'Age of the oldest waiting event',
    values: one(({ webhooks }) => webhooks.oldestSeconds),
  },
  safeband_webhooks_disabled: {
    help: 'Receivers that failed for too long, and get nothing until a person enables them',
    values: one(({ webhooks }) => webhooks.disabled),
  },
  safeband_table_bytes: {
    help: 'Size of each table that grows, with its indexes; all other tables together as other',
    labels: ['table'],
    values: ({ tables }) => tables.map(({ table, bytes }) => ({ labels: { table }, value: bytes })),
  },
};

/** At most 11 lines: one brake of all accounts, and those of ten groups. */
function brakeGauges(registry: Registry): Metrics['braked'] {
  const registers = [registry];
  const count = new Gauge({
    name: 'safeband_brakes_on',
    help: 'Brakes that are on; 0: all callers may get slots; absent: the brake cannot be read',
    registers,
  });
  const age = new Gauge({
    name: 'safeband_brake_age_seconds',
    help: 'For how long each brake is on, by group; the brake of all accounts has an empty group',
    labelNames: ['group'],
    registers,
  });
  return (brakes) => {
    count.remove();
    age.reset();
    if (brakes === null) return;
    count.set(brakes.length);
    for (const { group, seconds } of brakes) age.set({ group: group ?? '' }, seconds);
  };
}

function fleetGauges(registry: Registry): Metrics['show'] {
  const registers = [registry];
  const gauges = Object.entries(FLEET).map(([name, { help, labels = [], values }]) => ({
    gauge: new Gauge({ name, help, labelNames: labels, registers }),
    forget: (gauge: Gauge) => (labels.length > 0 ? gauge.reset() : gauge.remove()),
    values,
  }));
  const answered = new Gauge({
    name: 'safeband_postgres_up',
    help: '1: these numbers were read from Postgres in the last 30 seconds; 0: they are left out',
    registers,
  });
  return (shown) => {
    answered.set(shown ? 1 : 0);
    for (const { gauge, forget, values } of gauges) {
      forget(gauge);
      for (const { labels = {}, value } of shown ? values(shown) : []) gauge.set(labels, value);
    }
  };
}
