/**
 * The audit of the fleet (R8): which accounts disagree with the event log or have been silent, and
 * what follows from it. It heals nothing: an account does that itself, when it is woken. Pure.
 */
import type { AlertKind, Severity } from './alertKinds.js';
import type { AccountId } from './ids.js';
import { CLOCK_SKEW_MS, DRIFT_MAX, OVERDUE_MS, ROLL_LATEST_MS } from './limits.js';
import type { Tier } from './tier.js';
import { isoDay, isoInstant, startOf, type Instant, type UtcDay } from './time.js';

/** An account's row beside what the log says of its day. */
export type Audited = {
  readonly accountId: AccountId;
  readonly tier: Tier;
  readonly day: UtcDay;
  readonly counter: number;
  readonly inFlight: number;
  readonly uncertain: number;
  readonly imported: number;
  readonly unexplained: number;
  /** Rows of the event log that count for that day. */
  readonly logged: number;
  readonly isEdited: boolean;
  /** The journal or the log knows more of one of its slots than its row does, or of another. */
  readonly hasNews: boolean;
  /** Since when something has been in flight, or was changed without a run since; null: cold. */
  readonly hotSince: Instant | null;
  readonly checkedAt: Instant | null;
};
/** An alert of an account, or of the whole fleet. */
export type FleetAlert = {
  readonly accountId: string;
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly details: { readonly [name: string]: string | number | null };
};
export type Judged = {
  /** Its counter is further from the log than people may miss (R8). */
  readonly isDrifting: boolean;
  /** Its row is still that of a day before, 2 minutes after midnight (R7). */
  readonly isLate: boolean;
  /** It is hot, and has had no run for 20 minutes. */
  readonly isSilent: boolean;
  /** It is asked to reconcile itself. */
  readonly isWoken: boolean;
};

/** Whose alert it is when it is nobody's own. */
export const FLEET = 'safeband:fleet';

export function judge(row: Audited, at: Instant, today: UtcDay): Judged {
  const isToday = row.day >= today;
  const gap = row.counter - row.logged - row.imported;
  const isUnequal = isToday && (gap !== row.inFlight + row.uncertain || row.unexplained > 0);
  const isLate = !isToday && at >= startOf(today) + ROLL_LATEST_MS;
  const isSilent =
    row.hotSince !== null &&
    Math.max(row.hotSince, row.checkedAt ?? row.hotSince) + OVERDUE_MS < at;
  return {
    isDrifting: isToday && gap > DRIFT_MAX,
    isLate,
    isSilent,
    isWoken: isUnequal || isLate || isSilent || row.isEdited || row.hasNews,
  };
}

export const overdueAlert = ({ accountId, checkedAt, hotSince }: Audited): FleetAlert => ({
  accountId,
  kind: 'run_overdue',
  severity: 'warning',
  details: {
    lastCheckedAt: checkedAt === null ? null : isoInstant(checkedAt),
    hotSince: hotSince === null ? null : isoInstant(hotSince),
    cure: 'see whether its workflow and a worker run, and whether Postgres answers them',
  },
});

export const missingAlert = (accountId: string): FleetAlert => ({
  accountId,
  kind: 'workflow_missing',
  severity: 'critical',
  details: { cure: 'it was started again; it waits until midnight UTC, or for a resume' },
});

/** The database's clock beside the workflows', where they are more than 60 s apart (R16). */
export const skewAlerts = (skewMs: number): readonly FleetAlert[] =>
  Math.abs(skewMs) <= CLOCK_SKEW_MS
    ? []
    : [
        {
          accountId: FLEET,
          kind: 'clock_skew',
          severity: 'critical',
          details: { skewMs, cure: 'set the clocks of Postgres and Temporal by the same source' },
        },
      ];

/** An alert as it is stored: one a kind, account and day. */
export const dated = (alert: FleetAlert, today: UtcDay): FleetAlert => ({
  ...alert,
  details: { ...alert.details, day: isoDay(today) },
});
