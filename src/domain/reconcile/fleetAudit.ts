/**
 * The audit of the fleet (R8): which accounts disagree with the event log or have been silent, and
 * what follows from it. It heals nothing: an account does that itself, when it is woken. Pure.
 */
import type { AlertKind, Severity } from '../account/alertKinds.js';
import type { AccountId } from '../primitives/ids.js';
import { CLOCK_SKEW_MS, DRIFT_MAX, OVERDUE_MS, ROLL_LATEST_MS } from '../primitives/limits.js';
import {
  dayOf,
  isoDay,
  isoInstant,
  startOf,
  type Instant,
  type UtcDay,
} from '../primitives/time.js';

/** A connected account that deserves a look: its row beside what the log says of its day. */
export type Suspect = {
  readonly accountId: AccountId;
  readonly day: UtcDay;
  /** Counter less the day's rows of the event log less imported. */
  readonly drift: number;
  /** What is in flight and uncertain does not explain that drift, or something is unexplained. */
  readonly isUnequal: boolean;
  /** Another than a save has written its row, or deleted or changed a reservation's (R14). */
  readonly isEdited: boolean;
  /** Since when it needs a run; null: cold. */
  readonly hotSince: Instant | null;
  /** Its last run that succeeded. */
  readonly checkedAt: Instant | null;
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

export function judge(suspect: Suspect, at: Instant): Judged {
  const today = dayOf(at);
  const { day, drift, isUnequal, isEdited, hotSince, checkedAt } = suspect;
  const isLate = day < today && at >= startOf(today) + ROLL_LATEST_MS;
  const isSilent = hotSince !== null && Math.max(hotSince, checkedAt ?? hotSince) + OVERDUE_MS < at;
  return {
    isDrifting: day === today && drift > DRIFT_MAX,
    isLate,
    isSilent,
    isWoken: isUnequal || isEdited || isLate || isSilent,
  };
}

/** What only the audit can tell, and so closes when its cause is gone. */
export const FLEET_ALERTS = [
  'run_overdue',
  'workflow_missing',
  'clock_skew',
  'tasks_failing',
] as const satisfies readonly AlertKind[];
/** An alert of an account, or of the whole fleet. */
export type FleetAlert = {
  readonly accountId: string;
  readonly kind: (typeof FLEET_ALERTS)[number];
  readonly severity: Severity;
  readonly details: { readonly [name: string]: string | number | null };
};

/** Whose alert it is when it is nobody's own. */
export const FLEET = 'safeband:fleet';

export const overdueAlert = (suspect: Suspect, at: Instant): FleetAlert => ({
  accountId: suspect.accountId,
  kind: 'run_overdue',
  severity: 'warning',
  details: {
    lastCheckedAt: suspect.checkedAt === null ? null : isoInstant(suspect.checkedAt),
    hotSince: suspect.hotSince === null ? null : isoInstant(suspect.hotSince),
    cure: 'see whether its workflow and a worker run, and whether Postgres answers them',
    day: isoDay(dayOf(at)),
  },
});

export const missingAlert = (accountId: string, at: Instant): FleetAlert => ({
  accountId,
  kind: 'workflow_missing',
  severity: 'critical',
  details: {
    cure: 'it was started again; if it had run that day, it waits for midnight UTC or a resume',
    day: isoDay(dayOf(at)),
  },
});

/** The database's clock beside the workflows', where they are more than 60 s apart (R16). */
export const skewAlerts = (skewMs: number, at: Instant): readonly FleetAlert[] =>
  Math.abs(skewMs) <= CLOCK_SKEW_MS
    ? []
    : [
        {
          accountId: FLEET,
          kind: 'clock_skew',
          severity: 'critical',
          details: {
            skewMs,
            cure: 'set the clocks of Postgres and Temporal by the same source',
            day: isoDay(dayOf(at)),
          },
        },
      ];
