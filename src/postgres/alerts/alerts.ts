/**
 * Reads alerts for people. An alert is one row for each account, kind and day; it opens again when
 * its cause comes back. Some kinds continue over midnight (`ALERTS_OVER_MIDNIGHT`). Leaves out the
 * ids of other accounts (`identity_in_use`), because the reader may have no right to know them, and
 * the mark of differences (`log_altered`), which only the audit understands.
 */
import { SEVERITIES, type AlertKind, type Severity } from '../../domain/account/alertKinds.js';
import type { Instant, UtcDay } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';

/** What a person did with an alert. */
export type AlertAct = { readonly at: Instant; readonly actor: string; readonly reason: string };

export type Alert = {
  readonly alertId: number;
  readonly accountId: string;
  /** The group of the account now (R26), by which lists filter; null: none. */
  readonly group: string | null;
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly day: UtcDay;
  readonly details: object;
  readonly times: number;
  readonly openedAt: Instant;
  /** The last report of its cause. */
  readonly raisedAt: Instant;
  readonly acknowledged: AlertAct | null;
  readonly resolvedAt: Instant | null;
  /** Null: it is open, or a reconcile, an audit or a resume has ended it. */
  readonly closed: AlertAct | null;
  /** False: no reconcile checks the account. */
  readonly isConnected: boolean;
};

/** The states of an alert: no person works on it, a person works on it, it has ended. */
export const ALERT_STATES = ['open', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];
/** The states of an alert that has not ended. */
export const UNRESOLVED = ['open', 'acknowledged'] as const satisfies readonly AlertState[];
export const alertStateOf = ({
  acknowledged,
  resolvedAt,
}: Pick<Alert, 'acknowledged' | 'resolvedAt'>): AlertState =>
  resolvedAt !== null ? 'resolved' : acknowledged === null ? 'open' : 'acknowledged';

const act = (action: 'acknowledged' | 'closed', more = ''): string =>
  `(select jsonb_build_object('at', safeband.ms_of(x.at), 'actor', x.actor, 'reason', x.reason)
      from safeband.alert_actions x
     where x.alert_id = a.alert_id and x.action = '${action}'${more}
     order by x.action_id desc limit 1)`;

const ALERT = `jsonb_build_object('alertId', alert_id, 'accountId', account_id,
  'group', (select o.group_name from safeband.accounts o where o.account_id = a.account_id),
  'kind', kind, 'severity', severity, 'day', safeband.day_no(quota_day),
  'details', details - '{accounts,mark}'::text[], 'times', times,
  'openedAt', safeband.ms_of(opened_at), 'raisedAt', safeband.ms_of(raised_at),
  'acknowledged', case when acknowledged_at is not null then ${act('acknowledged')} end,
  'resolvedAt', safeband.ms_of(resolved_at),
  'closed', case when resolved_at is not null then ${act('closed', ' and x.at = a.resolved_at')} end,
  'isConnected', coalesce((select o.state <> 'disconnected' from safeband.accounts o
     where o.account_id = a.account_id), false))`;
const RANK = `array_position(array['${SEVERITIES.join("', '")}'], severity)`;
const STATE = `case when resolved_at is not null then 'resolved'
  when acknowledged_at is not null then 'acknowledged' else 'open' end`;

/** How far a list has come: the rank of a severity (0 if it does not count), an instant, an id. */
export type AlertPlace = [rank: number, at: number, alertId: number];
export type PlacedAlert = { readonly item: Alert; readonly place: AlertPlace };

/** The orders of a list of alerts. */
export const ALERT_ORDERS = ['raised', 'opened', 'urgency'] as const;
export type AlertOrder = (typeof ALERT_ORDERS)[number];

export type AlertPage = {
  /** The accounts that the reader may see; null for all. */
  readonly accounts: readonly string[] | null;
  readonly accountId?: string | null;
  readonly kind?: string | null;
  readonly severity?: string | null;
  /** Null: in any state. */
  readonly states?: readonly AlertState[] | null;
  /** The last report first; or the highest severity first, and then what opened last. */
  readonly order: AlertOrder;
  readonly after: AlertPlace | null;
  readonly limit: number;
};

/** Lists alerts in that order, after that place. */
export const pageAlerts = (db: Queryable, page: AlertPage): Promise<readonly PlacedAlert[]> => {
  const at = page.order === 'raised' ? 'raised_at' : 'opened_at';
  const keys = [...(page.order === 'urgency' ? [RANK] : []), at, 'alert_id'];
  const { accounts, accountId = null, kind = null, severity = null, states = null } = page;
  const [rank, since, id] = page.after ?? [null, null, null];
  const place = [
    ...(page.order === 'urgency' ? ['$6::int'] : []),
    `(timestamptz 'epoch' + $7::bigint * interval '1 microsecond')`,
    '$8::bigint',
  ];
  const unresolved = states !== null && !states.includes('resolved');
  return rowsOf(
    db,
    `select jsonb_build_object('item', ${ALERT}, 'place', jsonb_build_array(
       coalesce(${page.order === 'urgency' ? RANK : '0'}, $6::int),
       (extract(epoch from ${at}) * 1000000)::bigint, alert_id)) as row
     from safeband.alerts a
     where ($1::text[] is null or account_id = any($1)) and ($2::text is null or account_id = $2)
       and ($3::text is null or kind = $3) and ($4::text is null or severity = $4)
       and ($5::text[] is null or (${STATE}) = any($5)) ${unresolved ? 'and resolved_at is null' : ''}
       and ($8::bigint is null or (${keys.join(', ')}) < (${place.join(', ')}))
     order by ${keys.map((key) => `${key} desc`).join(', ')} limit $9`,
    [accounts, accountId, kind, severity, states, rank, since, id, page.limit],
  );
};

/** Lists the open alerts of one account or of all, the last report first. */
export async function listOpenAlerts(
  db: Queryable,
  { accountId = null, limit }: { readonly accountId?: string | null; readonly limit: number },
): Promise<readonly Alert[]> {
  const states = UNRESOLVED;
  const page = { accounts: null, accountId, states, order: 'raised', after: null, limit } as const;
  return (await pageAlerts(db, page)).map(({ item }) => item);
}

/** Lists the alerts of an account that are not resolved, or were resolved since then. */
export const listAlertsSince = (
  db: Queryable,
  accountId: string,
  { since, limit }: { readonly since: Instant; readonly limit: number },
): Promise<readonly Alert[]> =>
  rowsOf(
    db,
    `select ${ALERT} as row from safeband.alerts a
      where account_id = $1
        and (resolved_at is null or resolved_at >= safeband.at_ms($2))
      order by opened_at desc, alert_id desc limit $3`,
    [accountId, since, limit],
  );

/** Reads one alert of those that the reader may see. */
export async function readAlert(
  db: Queryable,
  alertId: number,
  accounts: readonly string[] | null,
): Promise<Alert | undefined> {
  const [found] = await rowsOf<Alert>(
    db,
    `select ${ALERT} as row from safeband.alerts a
      where alert_id = $1 and ($2::text[] is null or account_id = any($2))`,
    [alertId, accounts],
  );
  return found;
}

/** Everything that people did with an alert, the latest first. */
export const listAlertActs = (
  db: Queryable,
  alertId: number,
): Promise<readonly (AlertAct & { readonly action: 'acknowledged' | 'closed' })[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('action', action, 'at', safeband.ms_of(at), 'actor', actor,
       'reason', reason) as row
     from safeband.alert_actions where alert_id = $1 order by action_id desc limit 50`,
    [alertId],
  );

/** How many unresolved alerts an account has: those that no person works on, by severity. */
export type OpenCounts = Readonly<Record<Severity | 'acknowledged', number>>;

/** Counts the unresolved alerts of each account that has one. */
export async function countOpenAlerts(db: Queryable): Promise<ReadonlyMap<string, OpenCounts>> {
  const open = (severity: Severity): string =>
    `'${severity}', count(*) filter (where severity = '${severity}' and acknowledged_at is null)`;
  const rows = await rowsOf<readonly [string, OpenCounts]>(
    db,
    `select jsonb_build_array(account_id, jsonb_build_object(${open('info')}, ${open('warning')},
       ${open('critical')}, 'acknowledged', count(acknowledged_at))) as row
     from safeband.alerts where resolved_at is null group by account_id`,
    [],
  );
  return new Map(rows);
}
