/**
 * Reads the lists of the HTTP API. Each returns a page, newest first (accounts by id), after a
 * place that the page before ended with. Instants are text, as on the wire. `accounts` limits a
 * list to those ids; null: all.
 */
import type { Instant, UtcDay } from '../../domain/primitives/time.js';
import { afterOf, readStatusRows, type StatusRow } from './reads.js';
import { rowsOf, type Queryable } from '../pool.js';

type Ids = readonly string[] | null;
/** Formats an instant as on the wire. */
export const iso = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
export const isoDay = (column: string): string => `to_char(${column}, 'YYYY-MM-DD')`;
/** Formats a place in a list that is ordered by an instant: exact, while text has only whole ms. */
export const micros = (column: string): string =>
  `(extract(epoch from ${column}) * 1000000)::bigint`;
export const fromMicros = (value: string): string =>
  `(timestamptz 'epoch' + ${value}::bigint * interval '1 microsecond')`;

/** Lists accounts by id, as of that instant: those of that list, or all. */
export const pageAccounts = (
  db: Queryable,
  page: {
    readonly at: Instant;
    readonly after: string;
    readonly limit: number;
    readonly prefix: string;
    readonly accounts: Ids;
  },
): Promise<readonly StatusRow[]> =>
  readStatusRows(
    db,
    page.at,
    afterOf(
      `account_id > $2 and account_id >= $4 and starts_with(account_id::text, $4)
        ${page.accounts === null ? '' : 'and account_id = any($5::text[])'}
       order by account_id limit $3`,
    ),
    [page.after, page.limit, page.prefix, ...(page.accounts === null ? [] : [page.accounts])],
  );

/** True if the account has a row, or an alert about it exists. */
export async function isKnown(db: Queryable, accountId: string): Promise<boolean> {
  const { rows } = await db.query(
    `select 1 from safeband.accounts where account_id = $1
      union all (select 1 from safeband.alerts where account_id = $1 limit 1)`,
    [accountId],
  );
  return rows.length > 0;
}

export type DayItem = {
  readonly quotaDay: string;
  readonly counter: number;
  readonly delivered: number;
  readonly uncertain: number;
  readonly external: number;
  readonly imported: number;
  readonly unexplained: number;
  readonly denials: object;
  readonly late: number;
};
/** Lists the closed quota days before that one. */
export const pageDays = (
  db: Queryable,
  accountId: string,
  { before, limit }: { readonly before: UtcDay | null; readonly limit: number },
): Promise<readonly DayItem[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('quotaDay', ${isoDay('quota_day')}, 'counter', counter,
       'delivered', delivered, 'uncertain', uncertain, 'external', external,
       'imported', imported, 'unexplained', unexplained, 'denials', denials, 'late', late) as row
     from safeband.account_days
     where account_id = $1 and ($2::int is null or quota_day < safeband.day_at($2))
     order by quota_day desc limit $3`,
    [accountId, before, limit],
  );

export type CorrectionItem = {
  readonly correctionId: number;
  readonly runId: string;
  readonly quotaDay: string;
  /** Null: the counter did not change; the correction restored columns or other rows. */
  readonly before: number | null;
  readonly after: number | null;
  readonly layer: string;
  readonly explanation: object;
  readonly at: string;
};
/** Lists the corrections of the counter before that one. */
export const pageCorrections = (
  db: Queryable,
  accountId: string,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<readonly CorrectionItem[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('correctionId', correction_id, 'runId', run_id,
       'quotaDay', ${isoDay('quota_day')}, 'before', before, 'after', after, 'layer', layer,
       'explanation', explanation, 'at', ${iso('at')}) as row
     from safeband.corrections
     where account_id = $1 and ($2::bigint is null or correction_id < $2)
     order by correction_id desc limit $3`,
    [accountId, before, limit],
  );

/** An item and its place; the next page begins after that place. */
export type Placed<T, P> = { readonly item: T; readonly place: P };

export type RunItem = {
  readonly runId: string;
  readonly scope: string;
  readonly accountId: string | null;
  readonly ranAt: string;
  readonly durationMs: number;
  readonly accountsChecked: number;
  readonly counterBefore: number | null;
  readonly counterAfter: number | null;
  readonly delivered: number | null;
  readonly external: number | null;
  readonly inFlight: number | null;
  readonly uncertain: number | null;
  readonly drift: number | null;
  readonly alerted: boolean;
  readonly cooled: boolean;
  readonly explanation: object;
};
export type RunPlace = [ran: number, runId: string];

/** Lists reconciles of accounts, or audits of the fleet, the last first. */
export const pageRuns = (
  db: Queryable,
  page: {
    readonly scope: 'account' | 'fleet';
    readonly accounts: Ids;
    readonly after: RunPlace | null;
    readonly limit: number;
  },
): Promise<readonly Placed<RunItem, RunPlace>[]> =>
  rowsOf(
    db,
    `select jsonb_build_object(
       'item', jsonb_build_object('runId', run_id, 'scope', scope, 'accountId', account_id,
         'ranAt', ${iso('ran_at')}, 'durationMs', duration_ms, 'accountsChecked', accounts_checked,
         'counterBefore', counter_before, 'counterAfter', counter_after, 'delivered', delivered,
         'external', external, 'inFlight', in_flight, 'uncertain', uncertain, 'drift', drift,
         'alerted', alerted, 'cooled', cooled, 'explanation', explanation),
       'place', jsonb_build_array(${micros('ran_at')}, run_id)) as row
     from safeband.reconciler_runs
     where scope = $1 and ($2::text[] is null or account_id = any($2))
       and ($3::bigint is null or (ran_at, run_id) < (${fromMicros('$3')}, $4))
     order by ran_at desc, run_id desc limit $5`,
    [page.scope, page.accounts, ...(page.after ?? [null, null]), page.limit],
  );

export type ReservationItem = {
  readonly reservationId: string;
  readonly state: string;
  readonly quotaDay: string;
  readonly campaignId: string | null;
  readonly recipientId: string | null;
  readonly reservedAt: string;
  readonly leaseExpiresAt: string;
  readonly settledAt: string | null;
  readonly reason: string | null;
  readonly journaled: boolean;
  /** True: the caller contacted the recipient once more, on purpose (R20). */
  readonly again: boolean;
  /** Granted in shadow mode: the reason that would have denied it (R23). */
  readonly wouldDeny: string | null;
  readonly chatId: string | null;
  readonly messageId: string | null;
  readonly carriedInto: string | null;
};
export type ReservationPlace = [day: string, reserved: number, reservationId: string];

/** Builds a ReservationItem from a row of `reservations`. */
export const ISO_RESERVATION = `jsonb_build_object('reservationId', reservation_id, 'state', state,
  'quotaDay', ${isoDay('quota_day')}, 'campaignId', campaign_id,
  'recipientId', recipient_id, 'reservedAt', ${iso('reserved_at')},
  'leaseExpiresAt', ${iso('lease_expires_at')}, 'settledAt', ${iso('settled_at')},
  'reason', reason, 'journaled', journaled, 'again', again, 'wouldDeny', would_deny ->> 'reason',
  'chatId', chat_id, 'messageId', message_id,
  'carriedInto', ${isoDay('carried_into')})`;

/** Lists reservations, the last quota day first. */
export const pageReservations = (
  db: Queryable,
  accountId: string,
  page: {
    readonly state: string | null;
    readonly campaignId: string | null;
    readonly after: ReservationPlace | null;
    readonly limit: number;
  },
): Promise<readonly Placed<ReservationItem, ReservationPlace>[]> =>
  rowsOf(
    db,
    `select jsonb_build_object(
       'item', ${ISO_RESERVATION},
       'place', jsonb_build_array(${isoDay('quota_day')}, ${micros('reserved_at')},
         reservation_id)) as row
     from safeband.reservations
     where account_id = $1 and ($2::text is null or state = $2)
       and ($3::date is null or
         (quota_day, reserved_at, reservation_id) < ($3::date, ${fromMicros('$4')}, $5::text))
       and ($7::text is null or campaign_id = $7)
     order by quota_day desc, reserved_at desc, reservation_id desc limit $6`,
    [accountId, page.state, ...(page.after ?? [null, null, null]), page.limit, page.campaignId],
  );

/** Reads the version of each account's row. */
export const readVersions = (
  db: Queryable,
  accountIds: readonly string[],
): Promise<readonly { readonly accountId: string; readonly version: number }[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('accountId', account_id, 'version', version) as row
       from safeband.accounts where account_id = any($1::text[]) order by account_id`,
    [accountIds],
  );

export type OpenItem = {
  readonly reservationId: string;
  readonly state: 'in_flight' | 'uncertain';
  readonly quotaDay: string;
  readonly reservedAt: string;
  readonly leaseExpiresAt: string;
};
/** Lists the slots in flight, and the uncertain slots since that day; the oldest first. */
export const readOpen = (
  db: Queryable,
  accountId: string,
  since: UtcDay,
): Promise<readonly OpenItem[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('reservationId', reservation_id, 'state', state,
       'quotaDay', ${isoDay('quota_day')}, 'reservedAt', ${iso('reserved_at')},
       'leaseExpiresAt', ${iso('lease_expires_at')}) as row
     from safeband.reservations
     where account_id = $1
       and (state = 'in_flight' or state = 'uncertain' and quota_day >= safeband.day_at($2))
     order by reserved_at, reservation_id`,
    [accountId, since],
  );
