/** What the lists read to answer "can it send?", as the gate would (R17). */
import { windowIntervals } from '../../calendar/openings.js';
import { modeOf, openingDays, type Mode, type Policy } from '../../domain/account/policy.js';
import type { WindowIntervals } from '../../domain/account/sendingWindow.js';
import {
  accountOfCounts,
  type CountedRows,
} from '../../domain/diagnostics/asOf/accountFromCounts.js';
import {
  editedRowOf,
  type EditedNow,
  type EditedRow,
} from '../../domain/diagnostics/asOf/editedRow.js';
import { runAfter } from '../../domain/days/forecast.js';
import { REMEMBERED_DAYS, WEEK_DAYS } from '../../domain/primitives/limits.js';
import { dayOf, startOf, type Instant, type UtcDay } from '../../domain/primitives/time.js';
import { canSendAt, type CanSend } from '../../domain/wire/canSend.js';
import { EDITED, SAVED, STORED } from '../save/accounts.js';

/** The row of an account, counts of its reservations, and the closed days of its week. */
export type GateRows = CountedRows & {
  readonly checkedAt: Instant | null;
  readonly isUnverified: boolean;
  /** Null: the account is cold, so the fleet audit checks it (R8). */
  readonly hotSince: Instant | null;
  readonly edited: EditedNow | null;
};

/** The instants that a pace needs: those of the hour that ends with the last grant (R19). */
const PACED_AT = `case when a.pacing is not null and r.reserved_at > (
    select max(l.reserved_at) from safeband.reservations l where l.account_id = a.account_id
  ) - interval '1 hour' then r.reserved_at end`;

/** Reservations that the gate may count, those that are equal for it as one. */
const SLOTS = `
  select coalesce(jsonb_agg(jsonb_build_object('quotaDay', safeband.day_no(quota_day),
           'state', state, 'carriedInto', safeband.day_no(carried_into),
           'leaseExpiresAt', safeband.ms_of(lease), 'reservedAt', safeband.ms_of(reserved_at),
           'count', count)), '[]')
    from (select r.quota_day, r.state, r.carried_into,
                 case when r.state in ('in_flight', 'uncertain') then r.lease_expires_at end as lease,
                 ${PACED_AT} as reserved_at,
                 count(*)::int as count
            from safeband.reservations r
           where r.account_id = a.account_id
             and (r.quota_day >= a.counter_day - ${REMEMBERED_DAYS} or r.state = 'in_flight'
               or r.carried_into >= a.counter_day)
           group by 1, 2, 3, 4, 5) counted`;

const DAYS = `
  select coalesce(jsonb_agg(jsonb_build_object('quotaDay', safeband.day_no(d.quota_day),
           'delivered', d.delivered, 'uncertain', d.uncertain, 'external', d.external,
           'imported', d.imported, 'unexplained', d.unexplained, 'late', d.late)), '[]')
    from safeband.account_days d
   where d.account_id = a.account_id and d.quota_day > a.counter_day - ${WEEK_DAYS}`;

const WAITING = `
  select count(*)::int from safeband.waiting w
   where w.account_id = a.account_id and w.state = 'waiting'`;

/** Builds the GateRows of the account in a row of `account_status_at`. */
export const GATE = `(select jsonb_build_object('account', ${STORED}, 'slots', (${SLOTS}),
    'days', (${DAYS}), 'waiting', (${WAITING}), 'checkedAt', safeband.ms_of(a.last_checked_at),
    'isUnverified', a.state = 'unverified',
    'hotSince', safeband.ms_of(a.hot_since), 'edited', ${EDITED})
  from ${SAVED} where a.id = account_status_at.account_id)`;

export type Sending = {
  readonly timezone: string;
  readonly canSend: CanSend;
  readonly mode: Mode;
  readonly group: string | null;
  readonly edited: EditedRow | null;
};

/** Returns the row with the gate's answer in place of what the answer was computed from. */
export function withCanSend<Row extends Numbers & { readonly gate: GateRows }>(
  { gate, ...row }: Row,
  at: Instant,
): Omit<Row, 'gate'> & Sending {
  const { policy, accountId } = gate.account;
  const context = { ...gate, openings: openingsOf(policy, at), isCounterKept: true };
  const account = accountOfCounts(gate, context, at);
  const nextRunAt = gate.hotSince === null ? null : runAfter(accountId, at + 1);
  const isDisconnected = row.state === 'disconnected';
  const edited = editedRowOf({ ...row, isDisconnected, nextRunAt }, gate.edited, at);
  const [mode, group] = [modeOf(policy), policy.group ?? null];
  const { timezone } = policy;
  return { ...row, timezone, canSend: canSendAt(account, at), mode, group, edited };
}
type Numbers = { readonly day: UtcDay; readonly counter: number; readonly state: string };

/** Most accounts of a fleet share a few windows; each is computed once a day. */
const known = new Map<string, WindowIntervals | null>();
const KNOWN_MAX = 1_000;

/** Returns when the window is open on that day and later; null: no window, or an unknown zone. */
export function openingsOf(policy: Policy, at: Instant): WindowIntervals | null {
  const { sendingWindow: window, timezone } = policy;
  if (window === null) return null;
  const [from, days] = [startOf(dayOf(at)), openingDays(policy)];
  const key = JSON.stringify([window, timezone, from, days]);
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= KNOWN_MAX) known.clear();
  const openings = windowIntervals({ window, timezone, from, days }) ?? null;
  known.set(key, openings);
  return openings;
}
