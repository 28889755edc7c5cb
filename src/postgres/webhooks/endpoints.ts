/**
 * The endpoints of webhooks, for operators: which events each gets, its secrets, its failures, and
 * replays. A secret leaves this file once, when it is made. Lists show only enough of it to
 * distinguish secrets.
 */
import { randomBytes } from 'node:crypto';
import {
  maskedSecret,
  type WebhookFormat,
  type WebhookType,
} from '../../domain/wire/webhookEvents.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { GroupFilter } from '../groups/members.js';
import { inTransaction, rowsOf, type Pool, type Queryable } from '../pool.js';
import { placeEvents } from './outbox.js';

export type Endpoint = {
  readonly endpointId: string;
  readonly url: string;
  readonly events: readonly WebhookType[];
  /** Null: every account, if it has no groups. */
  readonly accounts: readonly string[] | null;
  /** The groups whose accounts it gets as well; null: none (R26). */
  readonly groups: readonly string[] | null;
  readonly format: WebhookFormat;
  /** `whsec_…` and the last four characters, newest first; the older one signs until then. */
  readonly secrets: readonly { readonly secret: string; readonly until: Instant | null }[];
  readonly createdAt: Instant;
  readonly changedBy: string;
  /** Failed tries of the next event; since when the endpoint fails; when it is tried again. */
  readonly attempt: number;
  readonly failingSince: Instant | null;
  readonly nextAttemptAt: Instant | null;
  /** Null means enabled. */
  readonly disabledAt: Instant | null;
  readonly disabledReason: string | null;
};

const ENDPOINT = `jsonb_build_object('endpointId', endpoint_id, 'url', url, 'events', events,
  'accounts', accounts, 'groups', to_jsonb(groups), 'format', format, 'secrets', secrets,
  'createdAt', safeband.ms_of(created_at),
  'changedBy', changed_by, 'attempt', attempt, 'failingSince', safeband.ms_of(failing_since),
  'nextAttemptAt', safeband.ms_of(next_attempt_at), 'disabledAt', safeband.ms_of(disabled_at),
  'disabledReason', disabled_reason)`;

const masked = (endpoint: Endpoint): Endpoint => ({
  ...endpoint,
  secrets: endpoint.secrets.map(({ secret, until }) => ({ secret: maskedSecret(secret), until })),
});

/** Lists all endpoints, the oldest first. */
export const listEndpoints = async (db: Queryable): Promise<readonly Endpoint[]> => {
  const sql = `select ${ENDPOINT} as row from safeband.webhook_endpoints
    order by created_at, endpoint_id`;
  return (await rowsOf<Endpoint>(db, sql, [])).map(masked);
};

export async function readEndpoint(
  db: Queryable,
  endpointId: string,
): Promise<Endpoint | undefined> {
  const [endpoint] = await rowsOf<Endpoint>(
    db,
    `select ${ENDPOINT} as row from safeband.webhook_endpoints where endpoint_id = $1`,
    [endpointId],
  );
  return endpoint && masked(endpoint);
}

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;

/** The actor of a change, and its time. */
export type By = { readonly by: string; readonly at: Instant };
export type EndpointInput = {
  readonly url: string;
  readonly events: readonly WebhookType[];
  readonly accounts: readonly string[] | null;
  readonly groups?: readonly string[] | null;
  /** By default `json`. */
  readonly format?: WebhookFormat;
};

/** The fields to change: absent or null stays, but `null` removes `accounts` or `groups`. */
export type EndpointChange = {
  readonly url?: string | null;
  readonly events?: readonly WebhookType[] | null;
  readonly accounts?: readonly string[] | null;
  readonly groups?: readonly string[] | null;
  readonly format?: WebhookFormat | null;
};

/**
 * Makes an endpoint, which gets the events from now on. The secret is returned only here. The URL
 * has passed `urlFlaw`.
 */
export function addEndpoint(
  pool: Pool,
  { url, events, accounts, groups = null, format = 'json', by, at }: EndpointInput & By,
): Promise<{ readonly endpointId: string; readonly secret: string }> {
  const endpointId = `whe_${randomBytes(16).toString('hex')}`;
  const secret = newSecret();
  return inTransaction(pool, async (db) => {
    let hasMore = true; // earlier events get their positions first: they are not for the endpoint
    while (hasMore) hasMore = await placeEvents(db);
    await db.query(
      `insert into safeband.webhook_endpoints
         (endpoint_id, url, events, accounts, secrets, position, created_at, changed_by, format,
          groups)
       select $1, $2, $3, $4, jsonb_build_array(jsonb_build_object('secret', $5::text,
                'until', null)), case when is_called then last_value else 0 end,
              safeband.at_ms($6), $7, $8, $9::text[]
         from safeband.webhook_positions`,
      [endpointId, url, events, accounts, secret, at, by, format, groups],
    );
    return { endpointId, secret };
  });
}

/**
 * Changes the given fields, and tries the endpoint at once. A new URL begins without failures.
 * False if there is no such endpoint.
 */
export async function changeEndpoint(
  db: Queryable,
  endpointId: string,
  { url, events, accounts, groups, format, by }: EndpointChange & By,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update safeband.webhook_endpoints
        set url = coalesce($2, url), events = coalesce($3, events),
            accounts = case when $4 then $5::text[] else accounts end, changed_by = $6,
            format = coalesce($7, format),
            groups = case when $8 then $9::text[] else groups end,
            attempt = case when $2::text is null then attempt else 0 end,
            failing_since = case when $2::text is null then failing_since end,
            next_attempt_at = null, recorded_at = clock_timestamp()
      where endpoint_id = $1`,
    [
      endpointId,
      url ?? null,
      events ?? null,
      accounts !== undefined,
      accounts ?? null,
      by,
      format ?? null,
      groups !== undefined,
      groups ?? null,
    ],
  );
  return rowCount === 1;
}

/** Removes an endpoint, and its delivery log. */
export async function removeEndpoint(db: Queryable, endpointId: string, by = ''): Promise<boolean> {
  const { rowCount } = await db.query(
    `delete from safeband.webhook_endpoints
      where endpoint_id = $1 and set_config('safeband.actor', $2, true) is not null`,
    [endpointId, by],
  );
  return rowCount === 1;
}

/**
 * Makes a new secret, returned only here. The secret before signs as well for `keepMs`, so that a
 * receiver may know either. Older secrets end.
 */
export async function rotateSecret(
  db: Queryable,
  endpointId: string,
  { keepMs, by, at }: By & { readonly keepMs: number },
): Promise<string | undefined> {
  const secret = newSecret();
  const { rowCount } = await db.query(
    `update safeband.webhook_endpoints
        set secrets = jsonb_build_array(jsonb_build_object('secret', $2::text, 'until', null),
              secrets->0 || jsonb_build_object('until', $3::bigint)),
            changed_by = $4, recorded_at = clock_timestamp()
      where endpoint_id = $1`,
    [endpointId, secret, at + keepMs, by],
  );
  return rowCount === 1 ? secret : undefined;
}

/**
 * Enables an endpoint again: it continues from the event at which it stopped. An enabled endpoint
 * is tried at once. False if there is no such endpoint.
 */
export async function enableEndpoint(
  db: Queryable,
  endpointId: string,
  { by }: By,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update safeband.webhook_endpoints
        set disabled_at = null, disabled_reason = null, attempt = 0, failing_since = null,
            next_attempt_at = null, changed_by = $2, recorded_at = clock_timestamp()
      where endpoint_id = $1`,
    [endpointId, by],
  );
  return rowCount === 1;
}

/** Where a replay begins: at an event, or at an instant. */
export type ReplayFrom = { readonly eventId: string } | { readonly since: Instant };

/**
 * Replays events to an endpoint from a given point, in order and with the same ids, and enables it.
 * A point that lies ahead skips the events before it. False if there is no such endpoint, or no
 * such event of its accounts. Events of other accounts do not count, so that the answer reveals
 * nothing about them.
 */
export async function replay(
  db: Queryable,
  endpointId: string,
  from: ReplayFrom & By,
): Promise<boolean> {
  const [eventId, since] = 'eventId' in from ? [from.eventId, null] : [null, from.since];
  const { rowCount } = await db.query(
    `update safeband.webhook_endpoints
        set position = target.position - 1, disabled_at = null, disabled_reason = null,
            attempt = 0, failing_since = null, next_attempt_at = null, changed_by = $4,
            recorded_at = clock_timestamp()
       from (select min(e.position) as position
               from safeband.webhook_endpoints w join safeband.webhook_events e
                 on safeband.is_for(w, e) or e.endpoint_id = w.endpoint_id
              where w.endpoint_id = $1
                and (e.event_id = $2 or e.at >= safeband.at_ms($3))) target
      where endpoint_id = $1 and target.position is not null`,
    [endpointId, eventId, since, from.by],
  );
  return rowCount === 1;
}

/** Asks for one extra try, also of a disabled endpoint. Returns the event's id in the log. */
export async function pingEndpoint(
  db: Queryable,
  endpointId: string,
  at: Instant,
): Promise<string | undefined> {
  const { rows } = await db.query<{ event_id: string }>(
    `insert into safeband.webhook_events (type, endpoint_id, key, at, data)
     select 'ping', endpoint_id, gen_random_uuid()::text, safeband.at_ms($2), '{}'
       from safeband.webhook_endpoints where endpoint_id = $1
     returning event_id`,
    [endpointId, at],
  );
  return rows[0]?.event_id;
}

export type Delivery = {
  readonly deliveryId: number;
  readonly eventId: string;
  readonly type: string;
  readonly attempt: number;
  readonly at: Instant;
  readonly durationMs: number;
  readonly status: number | null;
  /** Null means delivered. */
  readonly error: string | null;
  /** At most the first KiB of the answer of a receiver that refused. */
  readonly answer: string | null;
};

type DeliveriesAsked = {
  readonly limit: number;
  readonly before?: number | null;
  readonly accounts?: readonly string[] | null;
  /** The filter by which `accounts` were read: a list of a group has its brakes, and no ping (R26). */
  readonly group?: GroupFilter;
};

/**
 * Lists the tries of an endpoint, newest first, `before` that try. With `accounts`, only pings, tries
 * of events of the brake, and of these accounts: before a change, the endpoint may have got events
 * of others. Every key may read each brake (R27).
 */
export const listDeliveries = (
  db: Queryable,
  endpointId: string,
  { limit, before = null, accounts = null, group = null }: DeliveriesAsked,
): Promise<readonly Delivery[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('deliveryId', delivery_id, 'eventId', event_id, 'type', type,
       'attempt', attempt, 'at', safeband.ms_of(at), 'durationMs', duration_ms, 'status', status,
       'error', error, 'answer', answer) as row
     from safeband.webhook_deliveries d
     where endpoint_id = $1 and ($2::bigint is null or delivery_id < $2)
       and ($4::text[] is null
            or ($5::text is null and type in ('ping', 'brake.engaged', 'brake.released'))
            or exists (select from safeband.webhook_events e where e.event_id = d.event_id
                 and (e.account_id = any($4) or e.account_id is null and e.group_name = $5)))
     order by delivery_id desc limit $3`,
    [endpointId, before, limit, accounts, group],
  );
