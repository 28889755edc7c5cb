/**
 * Reads for the dashboard, in addition to a status: the course of the day, the days before, the
 * reconciles. As in `reads.ts`, each function is one statement that changes nothing.
 */
import type { Slot } from '../../domain/account/account.js';
import type {
  CampaignCap,
  Mode,
  Pacing,
  RecipientScope,
  Velocity,
} from '../../domain/account/policy.js';
import type { Tier } from '../../domain/primitives/tier.js';
import type { Instant, UtcDay } from '../../domain/primitives/time.js';
import type { SendingWindow } from '../../domain/account/sendingWindow.js';
import { rowsOf, type Queryable } from '../pool.js';
import { FOUND, type AuditFound } from './auditFound.js';
import { readStatusRows, type StatusRow } from './reads.js';

/** Reads the accounts of that list, as of that instant; unknown ids are left out. */
export const readStatuses = (
  db: Queryable,
  accountIds: readonly string[],
  at: Instant,
): Promise<readonly StatusRow[]> =>
  readStatusRows(db, at, 'where account_id = any($2::text[])', [accountIds]);

export type DayReservation = {
  readonly reservationId: string;
  readonly state: Slot['state'];
  readonly day: UtcDay;
  readonly campaignId: string | null;
  readonly reservedAt: Instant;
  readonly leaseExpiresAt: Instant;
  readonly settledAt: Instant | null;
  readonly reason: string | null;
  readonly chatId: string | null;
  readonly again: boolean;
  /** Granted in shadow mode: the reason that would have denied it (R23). */
  readonly wouldDeny: string | null;
};

/** Lists the reservations of a quota day, and open ones of earlier days; the latest first. */
export const listDayReservations = (
  db: Queryable,
  accountId: string,
  { day, limit }: { readonly day: UtcDay; readonly limit: number },
): Promise<readonly DayReservation[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('reservationId', reservation_id, 'state', state,
       'day', safeband.day_no(quota_day), 'campaignId', campaign_id,
       'reservedAt', safeband.ms_of(reserved_at),
       'leaseExpiresAt', safeband.ms_of(lease_expires_at),
       'settledAt', safeband.ms_of(settled_at), 'reason', reason, 'chatId', chat_id,
       'again', again, 'wouldDeny', would_deny ->> 'reason') as row
     from safeband.reservations
     where account_id = $1 and (quota_day = safeband.day_at($2)
       or state = 'in_flight' or state = 'uncertain' and quota_day > safeband.day_at($2) - 30)
     order by reserved_at desc, reservation_id limit $3`,
    [accountId, day, limit],
  );

export type DayEvent = {
  readonly eventId: number;
  readonly reservationId: string | null;
  readonly chatId: string;
  readonly source: string;
  readonly deliveredAt: Instant;
};

/** Lists the event log of a quota day; the latest first. */
export const listDayEvents = (
  db: Queryable,
  accountId: string,
  { day, limit }: { readonly day: UtcDay; readonly limit: number },
): Promise<readonly DayEvent[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('eventId', event_id, 'reservationId', reservation_id,
       'chatId', chat_id, 'source', source, 'deliveredAt', safeband.ms_of(delivered_at)) as row
     from safeband.inmail_events
     where account_id = $1 and quota_day = safeband.day_at($2)
     order by delivered_at desc, event_id desc limit $3`,
    [accountId, day, limit],
  );

export type Correction = {
  readonly number: number;
  readonly day: UtcDay;
  /** Null: the counter did not change. */
  readonly before: number | null;
  readonly after: number | null;
  readonly layer: string;
  /** Columns of the account's row that the reconcile restored. */
  readonly columns: readonly string[];
  readonly sentences: readonly string[];
  readonly at: Instant;
};

/** Lists the corrections of the counter; the latest first. */
export const listLatestCorrections = (
  db: Queryable,
  accountId: string,
  limit: number,
): Promise<readonly Correction[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('number', correction_id, 'day', safeband.day_no(quota_day),
       'before', before, 'after', after, 'layer', layer,
       'columns', coalesce(explanation->'editedColumns', '[]'),
       'sentences', coalesce(explanation->'sentences', '[]'), 'at', safeband.ms_of(at)) as row
     from safeband.corrections where account_id = $1 order by at desc, correction_id desc limit $2`,
    [accountId, limit],
  );

export type ClosedDay = {
  readonly day: UtcDay;
  readonly counter: number;
  readonly delivered: number;
  readonly uncertain: number;
  readonly external: number;
  readonly imported: number;
  readonly unexplained: number;
  readonly late: number;
};

/** Lists the closed quota days since that one; the oldest first. */
export const listDaysSince = (
  db: Queryable,
  accountId: string,
  since: UtcDay,
): Promise<readonly ClosedDay[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('day', safeband.day_no(quota_day), 'counter', counter,
       'delivered', delivered, 'uncertain', uncertain, 'external', external,
       'imported', imported, 'unexplained', unexplained, 'late', late) as row
     from safeband.account_days
     where account_id = $1 and quota_day >= safeband.day_at($2) order by quota_day`,
    [accountId, since],
  );

export type Settings = {
  readonly tier: Tier;
  readonly timezone: string;
  /** Null: the default of the tier. */
  readonly dailyCap: number | null;
  readonly weeklyCap: number | null;
  readonly ramp: readonly number[] | null;
  readonly sendingWindow: SendingWindow | null;
  /** The day of the month; null means the first. */
  readonly creditsRenewOn: number | null;
  readonly pacing: Pacing | null;
  readonly recipientMemoryDays: number | null;
  readonly recipientScope: RecipientScope;
  readonly campaigns: readonly CampaignCap[] | null;
  readonly mode: Mode;
  readonly velocity: Velocity | null;
  readonly group: string | null;
  readonly learntCap: boolean;
};

/** Reads the policy of an account as it was set; undefined if there is no such account. */
export async function readSettings(
  db: Queryable,
  accountId: string,
): Promise<Settings | undefined> {
  const [settings] = await rowsOf<Settings>(
    db,
    `select jsonb_build_object('tier', tier, 'timezone', timezone, 'dailyCap', daily_cap,
       'weeklyCap', weekly_cap, 'ramp', ramp, 'sendingWindow', sending_window,
       'creditsRenewOn', credits_renew_on, 'pacing', pacing,
       'recipientMemoryDays', recipient_memory_days, 'recipientScope', recipient_scope,
       'campaigns', campaigns,
       'mode', mode, 'velocity', velocity, 'group', group_name, 'learntCap', learnt_cap) as row
     from safeband.accounts where account_id = $1`,
    [accountId],
  );
  return settings;
}

export type Connection = 'connected' | 'disconnected';

/** Reads whether an account is connected; undefined if there is no such account. */
export async function readConnection(
  db: Queryable,
  accountId: string,
): Promise<Connection | undefined> {
  const [found] = await rowsOf<{ readonly connection: Connection }>(
    db,
    `select jsonb_build_object('connection',
       case when state = 'disconnected' then 'disconnected' else 'connected' end) as row
     from safeband.accounts where account_id = $1`,
    [accountId],
  );
  return found?.connection;
}

export type Heartbeat = {
  readonly runId: string;
  readonly ranAt: Instant;
  readonly durationMs: number;
  readonly accountsChecked: number;
  readonly isAlerted: boolean;
  /** Accounts by what the audit found; 0 for what an older version did not record. */
  readonly found: AuditFound;
};

/** Lists the audits of the fleet; the latest first. */
export const listHeartbeats = (db: Queryable, limit: number): Promise<readonly Heartbeat[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('runId', run_id, 'ranAt', safeband.ms_of(ran_at),
       'durationMs', duration_ms, 'accountsChecked', accounts_checked, 'isAlerted', alerted,
       'found', ${FOUND}) as row
     from safeband.reconciler_runs where scope = 'fleet' order by ran_at desc limit $1`,
    [limit],
  );

/** Counts the reconciles of those accounts, or of all accounts, since then. */
export async function countRuns(
  db: Queryable,
  since: Instant,
  accountIds: readonly string[] | null,
): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from safeband.reconciler_runs
      where scope = 'account' and ran_at >= safeband.at_ms($1)
        and ($2::text[] is null or account_id = any($2))`,
    [since, accountIds],
  );
  return rows[0]?.count ?? 0;
}
