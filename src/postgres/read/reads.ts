/**
 * Reads for people (R17): the two numbers together, and the lists behind them. Instants are in ms
 * and days are whole days since 1970, as everywhere. Each function is one statement that changes
 * nothing. Lists are newest first, and the caller bounds `limit`.
 */
import type { CooldownCause, Hold } from '../../domain/account/account.js';
import type { EditedRow } from '../../domain/diagnostics/asOf/editedRow.js';
import { leftBy, type Caps } from '../../domain/gate/caps.js';
import type { Source } from '../../domain/account/events.js';
import type { Tier } from '../../domain/primitives/tier.js';
import type { Instant, UtcDay } from '../../domain/primitives/time.js';
import type { StatusWire } from '../../domain/wire/responses.js';
import { rowsOf, type Queryable } from '../pool.js';
import { GATE, withCanSend, type GateRows, type Sending } from './sending.js';
import type { Mode } from '../../domain/account/policy.js';
import type { CanSend } from '../../domain/wire/canSend.js';
import type { AccountState } from '../../domain/gate/accountState.js';

/** An account as it is at an instant, also before a reset or a cooldown's end is written (R7). */
export type StatusRow = {
  readonly accountId: string;
  readonly tier: Tier;
  readonly state: AccountState;
  readonly day: UtcDay;
  readonly counter: number;
  readonly inFlight: number;
  readonly uncertain: number;
  /** From the event log, like `external` and the number that `drift` compares with the counter. */
  readonly delivered: number;
  readonly external: number;
  readonly imported: number;
  readonly unexplained: number;
  readonly carried: number;
  readonly drift: number;
  readonly remaining: number;
  readonly caps: Caps;
  readonly weekUsed: number;
  readonly rampDay: number;
  readonly cooldown: { readonly until: Instant; readonly cause: CooldownCause } | null;
  readonly hold: Hold | null;
  readonly breakerUntil: Instant | null;
  readonly version: number;
  readonly updatedAt: Instant;
  /** The time of the account's last recorded reconcile; null if there is none. */
  readonly lastCheckedAt: Instant | null;
  readonly timezone: string;
  /** As the query `peek` answers at that instant (R17). */
  readonly canSend: CanSend;
  /** `shadow`: the gate records what it would deny, and grants (R23). */
  readonly mode: Mode;
  /** The label of accounts that belong together; null: none (R26). */
  readonly group: string | null;
  /** The manual edit of the row, and what the gate counts. */
  readonly edited: EditedRow | null;
};
/** A row as it is read, with what the gate's answer is computed from. */
type RawStatusRow = Omit<StatusRow, keyof Sending> & { readonly gate: GateRows };

/** Returns the caps of a row, the rest of the day, and the cap that applies (R10). */
export const capsOf = ({ caps, weekUsed, counter, carried }: StatusRow): StatusWire['caps'] => ({
  ...caps,
  ...leftBy(caps, weekUsed - counter - carried),
});

/**
 * Reads rows of `account_status_at` as of that instant, which is $1. `rest` is the statement after
 * its `from`, with its parameters from $2 on.
 */
export async function readStatusRows(
  db: Queryable,
  at: Instant,
  rest: string,
  parameters: readonly unknown[],
): Promise<readonly StatusRow[]> {
  const rows = await rowsOf<RawStatusRow>(
    db,
    `select ${STATUS} || jsonb_build_object('gate', ${GATE}) as row
       from safeband.account_status_at(safeband.at_ms($1)) ${rest}`,
    [at, ...parameters],
  );
  return rows.map((row) => withCanSend(row, at));
}

/** Builds a row of a status from a row of `account_status_at`. */
const STATUS = `jsonb_build_object('accountId', account_id, 'tier', tier, 'state', state,
  'day', safeband.day_no(counter_day), 'counter', inmails_sent_today, 'inFlight', in_flight,
  'uncertain', uncertain, 'delivered', delivered, 'external', external, 'imported', imported,
  'unexplained', unexplained, 'carried', carried, 'drift', drift, 'remaining', remaining,
  'caps', jsonb_build_object('daily', cap_daily, 'weekly', cap_weekly, 'ramp', cap_ramp,
    'velocity', cap_velocity, 'learnt', cap_learnt),
  'weekUsed', week_used, 'rampDay', ramp_day,
  'cooldown', case when cooldown_until is not null then jsonb_build_object(
    'until', safeband.ms_of(cooldown_until), 'cause', cooldown_cause) end,
  'hold', case when hold_actor is not null then jsonb_build_object(
    'reason', hold_reason, 'actor', hold_actor, 'since', safeband.ms_of(hold_since)) end,
  'breakerUntil', safeband.ms_of(breaker_until), 'version', version,
  'updatedAt', safeband.ms_of(updated_at), 'lastCheckedAt', safeband.ms_of(last_checked_at))`;

/** Reads one account, as of that instant; undefined if there is no such account. */
export async function readStatus(
  db: Queryable,
  accountId: string,
  at: Instant,
): Promise<StatusRow | undefined> {
  const [status] = await readStatusRows(db, at, 'where account_id = $2', [accountId]);
  return status;
}

/**
 * Chooses accounts by their index, and then computes only their rows. Reason: with the order and
 * the limit on `account_status_at` itself, Postgres computes the rows of all accounts.
 */
export const afterOf = (accounts: string): string =>
  `where account_id = any(array(select account_id::text from safeband.accounts where ${accounts}))
   order by account_id`;

export type LoggedEvent = {
  readonly eventId: number;
  readonly reservationId: string | null;
  readonly chatId: string;
  readonly messageId: string | null;
  readonly source: Source;
  readonly day: UtcDay;
  readonly deliveredAt: Instant;
  readonly isCounted: boolean;
};
type Page = { readonly limit: number; readonly before?: number };

/** Lists the event log of an account, `before` that event. */
export const listEvents = (
  db: Queryable,
  accountId: string,
  { limit, before }: Page,
): Promise<readonly LoggedEvent[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('eventId', event_id, 'reservationId', reservation_id,
       'chatId', chat_id, 'messageId', message_id, 'source', source,
       'day', safeband.day_no(quota_day), 'deliveredAt', safeband.ms_of(delivered_at),
       'isCounted', is_counted) as row
     from safeband.inmail_events
     where account_id = $1 and ($2::bigint is null or event_id < $2)
     order by event_id desc limit $3`,
    [accountId, before ?? null, limit],
  );

export type WrittenChange = {
  readonly number: number;
  readonly kind: string;
  readonly actor: string;
  readonly reason: string | null;
  readonly details: object;
  readonly at: Instant;
};

/** Lists the changes of an account and their actors, `before` that number. */
export const listChanges = (
  db: Queryable,
  accountId: string,
  { limit, before }: Page,
): Promise<readonly WrittenChange[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('number', number, 'kind', kind, 'actor', actor, 'reason', reason,
       'details', details, 'at', safeband.ms_of(at)) as row
     from safeband.account_changes
     where account_id = $1 and ($2::bigint is null or number < $2)
     order by number desc limit $3`,
    [accountId, before ?? null, limit],
  );
