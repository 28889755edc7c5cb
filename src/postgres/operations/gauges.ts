/**
 * Reads the fleet's numbers for Prometheus, in one statement that reads each table once. Drift
 * would need every account's day, so it is taken from the last audit (R8).
 */
import type { CooldownCause } from '../../domain/account/account.js';
import type { AlertKind, Severity } from '../../domain/account/alertKinds.js';
import { largestOf, NO_GROUP } from '../groups/members.js';
import { COMPARED_SINCE } from '../data/comparisons.js';
import { onlyRow, rowsOf, type Queryable } from '../pool.js';
import { SAVED } from '../save/accounts.js';
import { AUDIT_SIGN } from './recovery.js';
import { GROWING_TABLES } from './tableSizes.js';
import type { AccountState } from '../../domain/gate/accountState.js';

/**
 * The numbers. Ages are in seconds by the database's clock; null if there is nothing to measure.
 */
export type Gauges = {
  readonly accounts: readonly { readonly state: AccountState; readonly count: number }[];
  /**
   * Accounts, those in a cooldown, their slots of today, their slots in flight of any day, and the
   * asks that wait, by group (R26): the largest groups, `none`, and all others as `other`, so that
   * the number of lines has a limit.
   */
  readonly groups: readonly {
    readonly group: string;
    readonly state: AccountState;
    readonly count: number;
    readonly cooldowns: number;
    readonly counter: number;
    readonly uncertain: number;
    readonly inFlight: number;
    readonly waiting: number;
  }[];
  /** Those of `alerts`, by the same groups; alerts of the whole fleet count as `none`. */
  readonly groupAlerts: readonly {
    readonly group: string;
    readonly severity: Severity;
    readonly count: number;
  }[];
  /** Connected accounts in shadow mode: the gate denies almost nothing there (R23). */
  readonly inShadow: number;
  readonly cooldowns: readonly { readonly cause: CooldownCause; readonly count: number }[];
  /**
   * Open, and raised in the last 24 h: else an alert that is never closed would count permanently.
   */
  readonly alerts: readonly {
    readonly kind: AlertKind;
    readonly severity: Severity;
    readonly count: number;
  }[];
  /** Sums over the accounts whose row is of today. */
  readonly counter: number;
  readonly uncertain: number;
  readonly carried: number;
  readonly unexplained: number;
  /** Of any day: a slot stays in flight until a reconcile has settled it (R6). */
  readonly inFlight: number;
  /**
   * Slots in flight whose lease ended more than 20 min ago: a reconcile should have settled them.
   */
  readonly overdueLeases: number;
  /** Accounts that wait for a reconcile, and the longest wait. */
  readonly hot: number;
  readonly oldestCheckSeconds: number | null;
  /** Connected accounts whose row still has an earlier day. */
  readonly lateResets: number;
  readonly audit: {
    /** Of its heartbeat, or of the last account that it started again. */
    readonly ageSeconds: number;
    readonly durationSeconds: number;
    /** Counts of accounts by what the audit found: `checked`, `drifting`, `woken` … */
    readonly found: { readonly [what: string]: number };
  } | null;
  /** Since a sealed month was compared (R29), or the first one was sealed; null: none is. */
  readonly sealsComparedSeconds: number | null;
  /** Orders on many accounts (R30): accounts that could not be changed count for a day. */
  readonly orders: { readonly running: number; readonly left: number; readonly failed: number };
  /** Events that wait to be sent to receivers; events that they did not ask for do not count. */
  readonly webhooks: {
    readonly waiting: number;
    readonly oldestSeconds: number | null;
    readonly disabled: number;
  };
  /** The tables that grow, with their indexes, and all other tables together as `other`. */
  readonly tables: readonly { readonly table: string; readonly bytes: number }[];
};

/** The results of an audit that are counts of accounts (`Audited`). */
const FOUND = `array['checked', 'drifting', 'woken', 'silent', 'lateResets', 'missing', 'unreached',
  'failing', 'restarted']`;

const LARGEST = largestOf(`current where group_name <> '${NO_GROUP}'`);
const BY_GROUP = `(select coalesce(jsonb_agg(jsonb_build_object('group', name, 'state', state,
           'count', count, 'cooldowns', cooldowns, 'counter', counter, 'uncertain', uncertain,
           'inFlight', in_flight, 'waiting', waiting) order by name, state), '[]')
           from (select coalesce(l.name, case c.group_name when 'none' then 'none' else 'other' end)
                          as name, state, count(*), count(cause) as cooldowns,
                        sum(open)::int as in_flight, sum(waiting)::int as waiting,
                        coalesce(sum(counter) filter (where is_today), 0)::int as counter,
                        coalesce(sum(uncertain) filter (where is_today), 0)::int as uncertain
                   from current c left join largest l on l.name = c.group_name
                  group by 1, 2) g)`;
const IS_OPEN = `resolved_at is null and raised_at > statement_timestamp() - interval '1 day'`;
const ALERTS_BY_GROUP = `(select coalesce(jsonb_agg(jsonb_build_object('group', name,
           'severity', severity, 'count', count) order by name, severity), '[]')
           from (select coalesce(l.name, case when a.group_name is null then 'none' else 'other' end)
                          as name, severity, count(*)
                   from safeband.alerts left join safeband.accounts a using (account_id)
                   left join largest l on l.name = a.group_name
                  where ${IS_OPEN} group by 1, 2) g)`;

const SEALS_COMPARED = `extract(epoch from clock_timestamp() - ${COMPARED_SINCE})::float8`;

const TABLES = `(select coalesce(jsonb_agg(jsonb_build_object('table', name, 'bytes', bytes)
           order by name), '[]')
         from (select case when relname = any($2) then relname else 'other' end as name,
                      sum(pg_total_relation_size(oid))::bigint as bytes
                 from pg_class
                where relnamespace = 'safeband'::regnamespace and relkind = 'r' group by 1) t)`;

const ORDERS = `(select jsonb_build_object(
           'running', count(distinct o.order_id) filter (where o.ended_at is null),
           'left', coalesce(sum(c.accounts)
             filter (where o.ended_at is null and c.outcome = 'left'), 0),
           'failed', coalesce(sum(c.accounts) filter (where c.outcome = 'failed'), 0))
         from safeband.orders o left join safeband.order_counts c using (order_id)
        where o.ended_at is null or o.made_at > statement_timestamp() - interval '1 day')`;

/** Counts what is open in each account, in the indexes of open rows. */
const OF_ACCOUNTS = `opened as materialized (
       select account_id as id, count(*)::int as open,
              (count(*) filter (where lease_expires_at
                < statement_timestamp() - interval '20 minutes'))::int as overdue
         from safeband.reservations where state = 'in_flight' group by account_id
     ), asks as (
       select account_id as id, count(*)::int as waiting
         from safeband.waiting where state = 'waiting' group by account_id
     )`;

/**
 * Reads all gauges; 10,000 accounts take some 30 ms. `rollLatestMs`: how long after midnight UTC
 * a row may have an earlier day (R7).
 */
export async function readGauges(db: Queryable, rollLatestMs: number): Promise<Gauges> {
  const found = await rowsOf<Gauges>(
    db,
    `with ${OF_ACCOUNTS}, current as materialized (
       select gate.state, gate.cooldown_cause as cause,
              mode = 'shadow' as is_shadow, coalesce(group_name, 'none') as group_name,
              counter_day = safeband.utc_day(statement_timestamp()) as is_today,
              counter_day < safeband.utc_day(statement_timestamp() - $1::interval) as is_late,
              inmails_sent_today as counter, uncertain, carried, unexplained, hot_since,
              greatest(hot_since, last_checked_at) as checked_at,
              coalesce(open, 0) as open, coalesce(waiting, 0) as waiting
         from ${SAVED} left join opened using (id) left join asks using (id)
         cross join lateral safeband.gate_at(safeband.as_saved(as_is), statement_timestamp()) gate
     ), largest as (${LARGEST}
     ), sums as (
       select coalesce(sum(counter) filter (where is_today), 0)::int as counter,
              coalesce(sum(uncertain) filter (where is_today), 0)::int as uncertain,
              coalesce(sum(carried) filter (where is_today), 0)::int as carried,
              coalesce(sum(unexplained) filter (where is_today), 0)::int as unexplained,
              (count(*) filter (where hot_since is not null and state <> 'disconnected'))::int as hot,
              greatest(0, extract(epoch from statement_timestamp() - min(checked_at)
                filter (where hot_since is not null and state <> 'disconnected')))::float8 as oldest,
              (count(*) filter (where is_shadow and state <> 'disconnected'))::int as shadowed,
              (count(*) filter (where is_late and state <> 'disconnected'))::int as late
         from current
     ), slots as (
       select coalesce(sum(open), 0)::int as open, coalesce(sum(overdue), 0)::int as overdue
         from opened
     ), waiting as (
       select e.recorded_at from safeband.webhook_endpoints w
         join safeband.webhook_events e on e.position > w.position
        where disabled_at is null
       union all
       select recorded_at from safeband.webhook_events where position is null
     ), audit as (
       select recorded_at, duration_ms, explanation from safeband.reconciler_runs
        where scope = 'fleet' order by ran_at desc limit 1
     )
     select jsonb_build_object(
       'accounts', (select coalesce(jsonb_agg(jsonb_build_object('state', state, 'count', count)),
           '[]') from (select state, count(*) from current group by state) g),
       'groups', ${BY_GROUP}, 'groupAlerts', ${ALERTS_BY_GROUP},
       'cooldowns', (select coalesce(jsonb_agg(jsonb_build_object('cause', cause, 'count', count)),
           '[]') from (select cause, count(*) from current where cause is not null group by cause) g),
       'alerts', (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'severity', severity,
           'count', count)), '[]') from (select kind, severity, count(*) from safeband.alerts
             where ${IS_OPEN} group by kind, severity) g),
       'inShadow', sums.shadowed, 'counter', sums.counter, 'uncertain', sums.uncertain, 'carried', sums.carried,
       'unexplained', sums.unexplained, 'inFlight', slots.open, 'overdueLeases', slots.overdue,
       'hot', sums.hot, 'oldestCheckSeconds', sums.oldest, 'lateResets', sums.late,
       'audit', (select jsonb_build_object(
           'ageSeconds', extract(epoch from clock_timestamp()
             - greatest(recorded_at, ${AUDIT_SIGN}))::float8,
           'durationSeconds', duration_ms / 1000.0,
           'found', (select coalesce(jsonb_object_agg(key, value), '{}')
                       from jsonb_each(explanation) where key = any(${FOUND})))
         from audit),
       'sealsComparedSeconds', ${SEALS_COMPARED}, 'orders', ${ORDERS}, 'webhooks', jsonb_build_object(
         'waiting', (select count(*) from waiting),
         'oldestSeconds', (select greatest(0, extract(epoch from
             clock_timestamp() - min(recorded_at)))::float8 from waiting),
         'disabled', (select count(*) from safeband.webhook_endpoints
                       where disabled_at is not null)), 'tables', ${TABLES}) as row
     from sums, slots`,
    [`${rollLatestMs} milliseconds`, GROWING_TABLES],
  );
  return onlyRow(found);
}
