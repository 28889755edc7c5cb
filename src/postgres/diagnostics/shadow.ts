/**
 * The report of shadow mode (R23): the reserves of the last days that were granted, those of them
 * that the gate would have denied, and what was delivered.
 */
import type { Mode } from '../../domain/account/policy.js';
import { isoDay as dayText, type UtcDay } from '../../domain/primitives/time.js';
import { rowsOf, type Queryable } from '../pool.js';
import { fromMicros, iso, isoDay, micros, type Placed } from '../read/lists.js';

/** Maximum days of a report. */
export const SHADOW_DAYS_MAX = 31;
export const SHADOW_DAYS_DEFAULT = 7;
/** Maximum grants that the report lists one by one; a file has all of them. */
const LISTED_MAX = 100;

/** Grants, and how many of them were delivered. */
export type Granted = { readonly granted: number; readonly delivered: number };
/** One of them for each kind of reason, in the order of the report. */
export const SHADOW_GROUPS = ['recipient', 'pacing', 'caps', 'window', 'stops'] as const;
export type ShadowGroup = (typeof SHADOW_GROUPS)[number];

export type ShadowReason = Granted & {
  readonly reason: string;
  readonly group: ShadowGroup;
  readonly firstAt: string;
  readonly lastAt: string;
};
export type ShadowDay = Granted & {
  readonly quotaDay: string;
  /** Grants that the gate would have denied, and how many of them were delivered. */
  readonly wouldDeny: number;
  readonly wouldDenyDelivered: number;
  readonly reasons: { readonly [reason: string]: number };
};
/** A grant that the gate would have denied. */
export type ShadowGrant = {
  readonly reservationId: string;
  readonly quotaDay: string;
  readonly reservedAt: string;
  readonly reason: string;
  readonly limit: number | null;
  readonly used: number | null;
  readonly contactedBy: string | null;
  readonly retryAt: string | null;
  readonly state: string;
  readonly campaignId: string | null;
  readonly recipientId: string | null;
};
export type ShadowReport = {
  readonly accountId: string;
  readonly mode: Mode;
  /** The first and the last quota day of the report; the last one is today. */
  readonly from: string;
  readonly to: string;
  readonly granted: number;
  readonly delivered: number;
  readonly wouldDeny: number;
  readonly wouldDenyDelivered: number;
  readonly groups: readonly (Granted & { readonly group: ShadowGroup })[];
  readonly reasons: readonly ShadowReason[];
  readonly days: readonly ShadowDay[];
  /** The newest first. */
  readonly grants: readonly ShadowGrant[];
  /** True if there are more grants than the list has. */
  readonly isCut: boolean;
};

/** Returns the group of a reason; every cap is in one group, also those of newer versions. */
export function groupOf(reason: string): ShadowGroup {
  if (reason === 'recipient_contacted') return 'recipient';
  if (reason === 'paced') return 'pacing';
  if (reason === 'outside_window') return 'window';
  return reason.endsWith('_cap') || reason === 'tier_has_no_inmail' ? 'caps' : 'stops';
}

/**
 * Reads which days a report has, and the mode of the account; undefined if there is no such
 * account. Around midnight, the account may be on the next day already.
 */
export async function readSpan(
  db: Queryable,
  accountId: string,
  { today, days }: { readonly today: UtcDay; readonly days: number },
): Promise<{ readonly mode: Mode; readonly since: UtcDay; readonly last: UtcDay } | undefined> {
  const [found] = await rowsOf<{ readonly mode: Mode; readonly day: UtcDay }>(
    db,
    `select jsonb_build_object('mode', mode, 'day', safeband.day_no(counter_day)) as row
       from safeband.accounts where account_id = $1`,
    [accountId],
  );
  if (!found) return undefined;
  const last = Math.max(today, found.day);
  return { mode: found.mode, since: last - days + 1, last };
}

/** Reads the report of the last `days` days; undefined if there is no such account. */
export async function readShadow(
  db: Queryable,
  accountId: string,
  { today, days }: { readonly today: UtcDay; readonly days: number },
): Promise<ShadowReport | undefined> {
  const span = await readSpan(db, accountId, { today, days });
  if (!span) return undefined;
  const { mode, since, last } = span;
  const found = await readDays(db, accountId, since);
  const reasons = (await readReasons(db, accountId, since)).map((one) => ({
    ...one,
    group: groupOf(one.reason),
  }));
  const grants = await pageShadow(db, accountId, { since, after: null, limit: LISTED_MAX + 1 });
  const sum = (of: (day: ShadowDay) => number): number =>
    found.reduce((all, day) => all + of(day), 0);
  return {
    accountId,
    mode,
    from: dayText(since),
    to: dayText(last),
    granted: sum((day) => day.granted),
    delivered: sum((day) => day.delivered),
    wouldDeny: sum((day) => day.wouldDeny),
    wouldDenyDelivered: sum((day) => day.wouldDenyDelivered),
    groups: SHADOW_GROUPS.map((group) => groupWith(group, reasons)),
    reasons,
    days: found,
    grants: grants.slice(0, LISTED_MAX).map(({ item }) => item),
    isCut: grants.length > LISTED_MAX,
  };
}

function groupWith(group: ShadowGroup, reasons: readonly ShadowReason[]) {
  const ofGroup = reasons.filter((one) => one.group === group);
  return {
    group,
    granted: ofGroup.reduce((sum, one) => sum + one.granted, 0),
    delivered: ofGroup.reduce((sum, one) => sum + one.delivered, 0),
  };
}

/** Reads the days with grants, the last one first. */
const readDays = (db: Queryable, accountId: string, since: UtcDay): Promise<readonly ShadowDay[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('quotaDay', ${isoDay('quota_day')}, 'granted', sum(granted),
       'delivered', sum(delivered),
       'wouldDeny', coalesce(sum(granted) filter (where reason is not null), 0),
       'wouldDenyDelivered', coalesce(sum(delivered) filter (where reason is not null), 0),
       'reasons', coalesce(jsonb_object_agg(reason, granted) filter (where reason is not null),
         '{}')) as row
     from (select quota_day, would_deny ->> 'reason' as reason, count(*)::int as granted,
                  (count(*) filter (where state = 'delivered'))::int as delivered
             from safeband.reservations
            where account_id = $1 and quota_day >= safeband.day_at($2)
            group by 1, 2) counted
     group by quota_day order by quota_day desc`,
    [accountId, since],
  );

/** Reads the reasons, the most frequent one first. */
const readReasons = (
  db: Queryable,
  accountId: string,
  since: UtcDay,
): Promise<readonly Omit<ShadowReason, 'group'>[]> =>
  rowsOf(
    db,
    `select jsonb_build_object('reason', reason, 'granted', granted, 'delivered', delivered,
       'firstAt', ${iso('first_at')}, 'lastAt', ${iso('last_at')}) as row
     from (select would_deny ->> 'reason' as reason, count(*) as granted,
                  count(*) filter (where state = 'delivered') as delivered,
                  min(reserved_at) as first_at, max(reserved_at) as last_at
             from safeband.reservations
            where account_id = $1 and quota_day >= safeband.day_at($2) and would_deny is not null
            group by 1) counted
     order by granted desc, reason`,
    [accountId, since],
  );

export type ShadowPlace = [day: string, reserved: number, reservationId: string];

/** Lists the grants that the gate would have denied, the newest first. */
export const pageShadow = (
  db: Queryable,
  accountId: string,
  page: { readonly since: UtcDay; readonly after: ShadowPlace | null; readonly limit: number },
): Promise<readonly Placed<ShadowGrant, ShadowPlace>[]> =>
  rowsOf(
    db,
    `select jsonb_build_object(
       'item', jsonb_build_object('reservationId', reservation_id,
         'quotaDay', ${isoDay('quota_day')}, 'reservedAt', ${iso('reserved_at')},
         'reason', would_deny -> 'reason', 'limit', would_deny -> 'limit',
         'used', would_deny -> 'used', 'contactedBy', would_deny -> 'contactedBy',
         'retryAt', ${iso(`safeband.at_ms((would_deny ->> 'retryAt')::bigint)`)},
         'state', state, 'campaignId', campaign_id, 'recipientId', recipient_id),
       'place', jsonb_build_array(${isoDay('quota_day')}, ${micros('reserved_at')},
         reservation_id)) as row
     from safeband.reservations
     where account_id = $1 and quota_day >= safeband.day_at($2) and would_deny is not null
       and ($3::date is null or
         (quota_day, reserved_at, reservation_id) < ($3::date, ${fromMicros('$4')}, $5::text))
     order by quota_day desc, reserved_at desc, reservation_id desc limit $6`,
    [accountId, page.since, ...(page.after ?? [null, null, null]), page.limit],
  );
