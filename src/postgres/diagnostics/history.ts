/** Reads an account as of an earlier instant (R17), from its kept and overwritten rows. */
import { WEEK_DAYS } from '../../domain/primitives/limits.js';
import { stateOfRows, type StateAt } from '../../domain/diagnostics/asOf/stateAt.js';
import { openingDays } from '../../domain/account/policy.js';
import type { StoredAccount } from '../../domain/records/snapshot.js';
import { dayOf, type Instant } from '../../domain/primitives/time.js';
import { windowIntervals } from '../../calendar/openings.js';
import { sentDaysOf, STORED } from '../save/accounts.js';
import { inSnapshot, rowsOf, type Pool, type Queryable } from '../pool.js';
import { readDays } from '../read/readBack.js';
import type { PastRows } from '../../domain/diagnostics/asOf/accountAt.js';

/**
 * Answers "what did the gate know at 14:03:07?": the account as of `at`; undefined if there is no
 * such account. `isExact`, `notes` and docs/history.md state what is exact and what is as of the
 * last save.
 */
export function stateAt(pool: Pool, accountId: string, at: Instant): Promise<StateAt | undefined> {
  return inSnapshot(pool, async (db) => {
    const rows = await readScenario(db, accountId, at);
    return rows && stateOfRows(rows, at);
  });
}

/**
 * Reads everything that one instant needs, in one snapshot; undefined if there is no such account.
 */
export async function readScenario(
  db: Queryable,
  accountId: string,
  at: Instant,
): Promise<PastRows | undefined> {
  const found = await readBase(db, accountId, at);
  if (!found) return undefined;
  const { base } = found;
  const { sendingWindow: window, timezone } = base.policy;
  const days = openingDays(base.policy);
  const since = Math.min(base.day, dayOf(at));
  return {
    ...found,
    ...(await readKept(db, accountId, { at, since, version: base.version })),
    days: await readDays(db, accountId, { since, day: dayOf(at) }),
    openings: window && (windowIntervals({ window, timezone, from: at, days }) ?? null),
  };
}

type Base = Pick<PastRows, 'base' | 'keptSince' | 'savedAt' | 'readAt'>;

/**
 * Reads the row of the last save before `at`; if none is kept, the row of the first save after it.
 */
async function readBase(
  db: Queryable,
  accountId: string,
  at: Instant,
): Promise<(Base & { base: StoredAccount }) | undefined> {
  const [found] = await rowsOf<Base>(
    db,
    `select jsonb_build_object('base', ${STORED} || ${sentDaysOf('kept')},
       'keptSince', (select safeband.ms_of(min(updated_at)) from safeband.account_history
                      where account_id = $1),
       'savedAt', (select safeband.ms_of(updated_at) from safeband.accounts
                    where account_id = $1),
       'readAt', safeband.ms_of(clock_timestamp())) as row
     from (select *, null::text as identity from safeband.account_history
            where account_id = $1
            order by updated_at > safeband.at_ms($2),
              case when updated_at > safeband.at_ms($2) then version else -version end
            limit 1) kept`,
    [accountId, at],
  );
  return found;
}

/** Builds a reservation's row, current or overwritten. */
export const KEPT_ROW = `jsonb_build_object('table', 'reservations', 'reservationId', reservation_id,
  'quotaDay', safeband.day_no(quota_day), 'state', state, 'campaignId', campaign_id, 'recipientId', null,
  'reservedAt', safeband.ms_of(reserved_at), 'leaseExpiresAt', safeband.ms_of(lease_expires_at),
  'settledAt', safeband.ms_of(settled_at), 'reason', reason, 'journaled', journaled,
  'chatId', chat_id, 'messageId', message_id, 'isAdopted', is_adopted,
  'carriedInto', safeband.day_no(carried_into), 'number', number,
  'savedAt', safeband.ms_of(saved_at))`;

/**
 * When an external send was saved, by the workflow's clock. A row of the account is kept for each
 * change of its external sends, so the first kept row with that number or a higher one has the
 * time.
 */
const EVENT_SAVED = `
  (select safeband.ms_of(min(h.updated_at)) from safeband.account_history h
    where h.account_id = e.account_id and h.version >= e.number)`;

/** The campaign of an overwritten row: it is that of the row today, because it never changes. */
const CAMPAIGN_NOW = `(select r.campaign_id from safeband.reservations r
             where r.account_id = old.account_id and r.reservation_id = old.reservation_id)`;

/** Reservations of the week around the instant, and older ones that were not settled then. */
const RESERVATIONS = `
  select coalesce(jsonb_agg(${KEPT_ROW}), '[]') from (
    select account_id, reservation_id, quota_day, state, campaign_id, reserved_at, lease_expires_at,
           settled_at, reason, journaled, chat_id, message_id, is_adopted, carried_into, number,
           saved_at
      from safeband.reservations
     where account_id = $1 and quota_day <= safeband.day_at($3) + ${WEEK_DAYS}
       and (quota_day > safeband.day_at($3) - ${WEEK_DAYS} or state = 'in_flight'
         or carried_into >= safeband.day_at($3))
    union all
    select account_id, reservation_id, quota_day, state, ${CAMPAIGN_NOW}, reserved_at,
           lease_expires_at, settled_at, reason, journaled, chat_id, message_id, is_adopted,
           carried_into, number, saved_at
      from safeband.reservation_history old
     where account_id = $1 and quota_day > safeband.day_at($3) - ${WEEK_DAYS}
       and quota_day <= safeband.day_at($3) + ${WEEK_DAYS}) kept`;

const EVENTS = `
  select coalesce(jsonb_agg(jsonb_build_object('table', 'inmail_events',
           'reservationId', reservation_id, 'chatId', chat_id, 'messageId', message_id,
           'source', source, 'quotaDay', safeband.day_no(quota_day),
           'deliveredAt', safeband.ms_of(delivered_at), 'isCounted', is_counted,
           'number', number, 'savedAt', case when source = 'external' then ${EVENT_SAVED} end)
         order by event_id), '[]')
    from safeband.inmail_events e
   where account_id = $1 and quota_day > safeband.day_at($3) - ${WEEK_DAYS}
     and quota_day <= safeband.day_at($3) + ${WEEK_DAYS}`;

/** Reservations that reconciles found in another state than the account had. */
const FOUND = `
  select coalesce(jsonb_agg(jsonb_build_object('reservationId', id,
           'foundAt', safeband.ms_of(c.at), 'isGranted', part->>'cause' <> 'bypassed_gate')
         order by c.at), '[]')
    from safeband.corrections c, jsonb_array_elements(c.explanation->'parts') part,
         jsonb_array_elements_text(part->'reservations') id
   where c.account_id = $1 and part->>'cause' in ('bypassed_gate', 'missing_event', 'late_delivery')
     and c.at >= safeband.day_at($3) - ${WEEK_DAYS}`;

const CHANGES = `
  select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'actor', actor, 'reason', reason,
           'details', details, 'at', safeband.ms_of(at)) order by number), '[]')
    from safeband.account_changes
   where account_id = $1 and number > $4 and at <= safeband.at_ms($2)`;

/** Maximum moments of each kind before and after the instant. */
const MOMENTS_MAX = 5;
const around = (what: string, at: string): string => `
    (select ${what} and ${at} <= safeband.at_ms($2) order by ${at} desc limit ${MOMENTS_MAX})
    union all
    (select ${what} and ${at} > safeband.at_ms($2) order by ${at} limit ${MOMENTS_MAX})`;
const MOMENTS = `
  select coalesce(jsonb_agg(jsonb_build_object('at', safeband.ms_of(at), 'kind', kind,
           'text', text)), '[]') from (
    ${around(
      `ran_at as at, 'run' as kind, format('A reconcile: counter %s, delivered %s, external %s,'
         ' in flight %s, uncertain %s, drift %s.', counter_after, delivered, external, in_flight,
         uncertain, drift) as text
       from safeband.reconciler_runs where account_id = $1`,
      'ran_at',
    )}
    union all ${around(
      `at, 'correction', case when before is null
         then format('A reconcile restored rows of %s; the counter did not change.', quota_day)
         else format('A reconcile set the counter of %s from %s to %s.', quota_day, before, after)
         end from safeband.corrections where account_id = $1`,
      'at',
    )}
    union all ${around(
      `at, 'change', format('%s by %s%s.', kind, actor, ': ' || reason)
       from safeband.account_changes where account_id = $1`,
      'at',
    )}) moments`;

/**
 * Heartbeats from before that instant may be deleted (R28). Without them no row shows when the
 * account was reconciled, so it counts as reconciled.
 */
const RUNS_SINCE = `(select safeband.ms_of(pruned_before) from safeband.retention
  where relation = 'reconciler_runs')`;

type Kept = Omit<PastRows, keyof Base | 'days' | 'openings'>;

async function readKept(
  db: Queryable,
  accountId: string,
  {
    at,
    since,
    version,
  }: { readonly at: Instant; readonly since: number; readonly version: number },
): Promise<Kept> {
  const [kept] = await rowsOf<Kept>(
    db,
    `select jsonb_build_object('reservations', (${RESERVATIONS}), 'events', (${EVENTS}),
       'found', (${FOUND}), 'changes', (${CHANGES}), 'moments', (${MOMENTS}),
       'runsSince', ${RUNS_SINCE},
       'checkedAt', case when safeband.at_ms($2) < safeband.at_ms(${RUNS_SINCE}) then $2::bigint
         else (select safeband.ms_of(max(ran_at)) from safeband.reconciler_runs
                where account_id = $1 and ran_at <= safeband.at_ms($2)) end,
       'nextRunAt', (select safeband.ms_of(min(ran_at)) from safeband.reconciler_runs
                      where account_id = $1 and ran_at > safeband.at_ms($2))) as row`,
    [accountId, at, since, version],
  );
  if (!kept) throw new Error('a statement that returns one row returned none');
  return kept;
}
