/**
 * Reads and writes for the sender of webhooks. Each endpoint has a position: all events up to it
 * are finished. The position moves only from the value that was read, and only if no operator has
 * changed the endpoint since: a try with the old URL or secret does not count then.
 */
import type {
  WebhookEvent,
  WebhookFormat,
  WebhookSecret,
} from '../../domain/wire/webhookEvents.js';
import type { Instant } from '../../domain/primitives/time.js';
import type { PoolClient } from 'pg';
import { beginOn, rowsOf, type Pool, type Queryable } from '../pool.js';

/** Maximum positions that one statement reads. */
const WINDOW = 500;

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Takes the sender's lock, for as long as the transaction lasts that begins here on this connection
 * of the pool; false if another sender has it. Only a worker may lock that table. The transaction
 * reads and writes nothing, so it does not hold up vacuum.
 */
export async function takeSenderLock(pool: Pool, client: PoolClient): Promise<boolean> {
  await beginOn(pool, client);
  try {
    await client.query('set local idle_in_transaction_session_timeout = 0');
    await client.query('lock table safeband.webhook_sender_lock in exclusive mode nowait');
    return true;
  } catch (error) {
    await client.query('rollback');
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE)
      return false;
    throw error;
  }
}

/** Throws if the connection with the lock is lost: another worker may be the sender now. */
export async function keepSenderLock(client: PoolClient): Promise<void> {
  await client.query('select 1');
}

export async function giveSenderLock(client: PoolClient): Promise<void> {
  await client.query('commit');
}

/** An endpoint that is due, and its position. */
export type Due = {
  readonly endpointId: string;
  readonly url: string;
  readonly secrets: readonly WebhookSecret[];
  readonly format: WebhookFormat;
  readonly position: number;
  readonly attempt: number;
  readonly failingSince: Instant | null;
  /**
   * The time of an operator's last change, in microseconds: it shows whether the endpoint changed.
   */
  readonly version: string;
};

const DUE = `jsonb_build_object('endpointId', endpoint_id, 'url', url, 'secrets', secrets,
  'format', format, 'position', position, 'attempt', attempt, 'failingSince', safeband.ms_of(failing_since),
  'version', recorded_at)`;

/** Lists endpoints that have events and may be called at that instant. */
export const listDue = (db: Queryable, at: Instant): Promise<readonly string[]> =>
  rowsOf(
    db,
    `select to_jsonb(endpoint_id) as row from safeband.webhook_endpoints w
      where disabled_at is null and coalesce(next_attempt_at <= safeband.at_ms($1), true)
        and exists (select from safeband.webhook_events e where e.position > w.position)
      order by next_attempt_at nulls first, endpoint_id`,
    [at],
  );

/** True if there is an endpoint, also a disabled one. Without one, no event is written. */
export async function hasEndpoint(db: Queryable): Promise<boolean> {
  const { rowCount } = await db.query('select from safeband.webhook_endpoints limit 1');
  return rowCount === 1;
}

/** Reads the endpoint as it is now; undefined if it is removed, disabled, or not due. */
export async function readDue(
  db: Queryable,
  endpointId: string,
  at: Instant,
): Promise<Due | undefined> {
  const [due] = await rowsOf<Due>(
    db,
    `select ${DUE} as row from safeband.webhook_endpoints
      where endpoint_id = $1 and disabled_at is null
        and coalesce(next_attempt_at <= safeband.at_ms($2), true)`,
    [endpointId, at],
  );
  return due;
}

type Placed = WebhookEvent & { readonly position: number };
export type Window = { readonly events: readonly Placed[]; readonly last: number };
const EVENT = `jsonb_build_object('eventId', e.event_id, 'type', e.type,
  'accountId', e.account_id, 'group', e.group_name, 'at', safeband.ms_of(e.at), 'data', e.data,
  'position', e.position)`;

/**
 * Reads the next positions of an endpoint: the events that it wants, in order, and the last
 * position. `last` is the endpoint's own position if there is none after it.
 */
export async function readWindow(
  db: Queryable,
  { endpointId, position }: Pick<Due, 'endpointId' | 'position'>,
): Promise<Window> {
  const [window] = await rowsOf<Window>(
    db,
    `select jsonb_build_object('last', coalesce(max(e.position), $2::bigint),
       'events', coalesce(jsonb_agg(${EVENT} order by e.position) filter (where is_wanted), '[]'))
       as row
     from (select e.*, e.type = any(w.events)
                    and safeband.is_for(w, e) as is_wanted
             from safeband.webhook_events e, safeband.webhook_endpoints w
            where w.endpoint_id = $1 and e.position > $2::bigint
            order by e.position limit $3) e`,
    [endpointId, position, WINDOW],
  );
  return window ?? { events: [], last: position };
}

/** A try, for the delivery log. */
export type Tried = {
  readonly endpointId: string;
  readonly event: Pick<WebhookEvent, 'eventId' | 'type'>;
  readonly attempt: number;
  readonly at: Instant;
  readonly durationMs: number;
  readonly status: number | null;
  /** Null means delivered. */
  readonly error: string | null;
  readonly answer: string | null;
};

export async function logTry(db: Queryable, tried: Tried): Promise<void> {
  await db.query(
    `insert into safeband.webhook_deliveries
       (endpoint_id, event_id, type, attempt, at, duration_ms, status, error, answer)
     select endpoint_id, $2, $3, $4, safeband.at_ms($5), $6, $7, $8, $9
       from safeband.webhook_endpoints where endpoint_id = $1`,
    [
      tried.endpointId,
      tried.event.eventId,
      tried.event.type,
      tried.attempt,
      tried.at,
      tried.durationMs,
      tried.status,
      tried.error,
      tried.answer,
    ],
  );
}

/** Moves the position; false if the endpoint was changed or disabled meanwhile. */
export async function movePosition(
  db: Queryable,
  { endpointId, position, version }: Pick<Due, 'endpointId' | 'position' | 'version'>,
  to: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update safeband.webhook_endpoints
        set position = $3::bigint, attempt = 0, next_attempt_at = null, failing_since = null
      where endpoint_id = $1 and position = $2::bigint and disabled_at is null
        and recorded_at = $4::timestamptz`,
    [endpointId, position, to, version],
  );
  return rowCount === 1;
}

/**
 * Records a failed try, and when the next try is due, or that the endpoint is disabled. False if
 * the endpoint was changed or disabled meanwhile.
 */
export async function postpone(
  db: Queryable,
  { endpointId, position, version }: Pick<Due, 'endpointId' | 'position' | 'version'>,
  next: {
    readonly attempt: number;
    readonly failingSince: Instant;
    readonly nextAttemptAt: Instant;
    /** Null means that it is tried again. */
    readonly disabled: { readonly at: Instant; readonly reason: string } | null;
  },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update safeband.webhook_endpoints
        set attempt = $3, failing_since = safeband.at_ms($4), next_attempt_at = safeband.at_ms($5),
            disabled_at = safeband.at_ms($6), disabled_reason = $7
      where endpoint_id = $1 and position = $2::bigint and disabled_at is null
        and recorded_at = $8::timestamptz`,
    [
      endpointId,
      position,
      next.attempt,
      next.failingSince,
      next.nextAttemptAt,
      next.disabled?.at ?? null,
      next.disabled?.reason ?? null,
      version,
    ],
  );
  return rowCount === 1;
}

export type Ping = Pick<Due, 'endpointId' | 'url' | 'secrets' | 'format'> & {
  readonly event: WebhookEvent;
};

const IS_UNTRIED_PING = `e.type = 'ping'
  and not exists (select from safeband.webhook_deliveries d where d.event_id = e.event_id)`;

/** Lists the endpoints that have an untried ping, also disabled ones, the earliest ping first. */
export const listPings = (db: Queryable): Promise<readonly string[]> =>
  rowsOf(
    db,
    `select to_jsonb(endpoint_id) as row
       from safeband.webhook_endpoints join safeband.webhook_events e using (endpoint_id)
      where ${IS_UNTRIED_PING} group by endpoint_id order by min(number)`,
    [],
  );

/** Reads the first untried ping of an endpoint; undefined if there is none any more. */
export async function readPing(db: Queryable, endpointId: string): Promise<Ping | undefined> {
  const [ping] = await rowsOf<Ping>(
    db,
    `select jsonb_build_object('endpointId', endpoint_id, 'url', url, 'secrets', secrets,
       'format', format, 'event', ${EVENT}) as row
       from safeband.webhook_endpoints join safeband.webhook_events e using (endpoint_id)
      where endpoint_id = $1 and ${IS_UNTRIED_PING} order by number limit 1`,
    [endpointId],
  );
  return ping;
}
