/**
 * The audit of the fleet (R8): which accounts disagree with the event log or have had no reconcile,
 * and the consequences. It corrects nothing: it wakes an account, which corrects itself. Pure.
 */
import type { AlertKind, Severity } from '../account/alertKinds.js';
import type { AccountId } from '../primitives/ids.js';
import { isAboveDriftMax } from '../account/counter.js';
import { counted } from '../primitives/clockWords.js';
import { CLOCK_SKEW_MS, OVERDUE_MS } from '../primitives/limits.js';
import { rollLatestMs } from '../primitives/midnight.js';
import {
  dayOf,
  isoDay,
  isoOrNull,
  startOf,
  type Instant,
  type UtcDay,
} from '../primitives/time.js';

/** A connected account that may be wrong: its row, compared with the log of its day. */
export type Suspect = {
  readonly accountId: AccountId;
  readonly day: UtcDay;
  /** Counter minus the day's rows of the event log minus imported. */
  readonly drift: number;
  /** True if open slots do not explain that drift, or something is unexplained. */
  readonly isUnequal: boolean;
  /** True if its row, or that of a reservation, was edited or deleted manually (R14). */
  readonly isEdited: boolean;
  /** Since when it needs a reconcile; null for a cold account. */
  readonly hotSince: Instant | null;
  /** When its last reconcile succeeded. */
  readonly checkedAt: Instant | null;
};
export type Judged = {
  /** True if its drift raises an alert (R8). */
  readonly isDrifting: boolean;
  /** True if its row is still of an earlier day after the spread of midnight and 30 s (R7). */
  readonly isLate: boolean;
  /** True if it is hot and has had no reconcile for 20 minutes. */
  readonly isSilent: boolean;
  /** True if the audit asks it to reconcile itself. */
  readonly isWoken: boolean;
};

/** Judges one account. `spreadMs`: the time after midnight over which accounts reset themselves. */
export function judge(suspect: Suspect, at: Instant, spreadMs: number): Judged {
  const today = dayOf(at);
  const { day, drift, isUnequal, isEdited, hotSince, checkedAt } = suspect;
  const isLate = day < today && at >= startOf(today) + rollLatestMs(spreadMs);
  const isSilent = hotSince !== null && Math.max(hotSince, checkedAt ?? hotSince) + OVERDUE_MS < at;
  return {
    isDrifting: day === today && isAboveDriftMax(drift),
    isLate,
    isSilent,
    isWoken: isUnequal || isEdited || isLate || isSilent,
  };
}

/** Alerts that only the audit raises, and so resolves when their cause is gone. */
export const FLEET_ALERTS = [
  'run_overdue',
  'workflow_missing',
  'clock_skew',
  'tasks_failing',
] as const satisfies readonly AlertKind[];
/**
 * Alerts whose cause belongs to no day. While the cause persists over midnight, the open alert is
 * updated: a second alert would call people again, also those who work on it.
 */
export const ALERTS_OVER_MIDNIGHT: readonly AlertKind[] = [...FLEET_ALERTS, 'too_many_rows'];
/** An alert of an account, or of the whole fleet. */
export type FleetAlert = {
  readonly accountId: string;
  readonly kind: (typeof FLEET_ALERTS)[number] | 'log_altered';
  readonly severity: Severity;
  readonly details: { readonly [name: string]: string | number | null };
};

/** The account id of an alert about the whole fleet. */
export const FLEET = 'safeband:fleet';

export const overdueAlert = (suspect: Suspect, at: Instant): FleetAlert => ({
  accountId: suspect.accountId,
  kind: 'run_overdue',
  severity: 'warning',
  details: {
    lastCheckedAt: isoOrNull(suspect.checkedAt),
    hotSince: isoOrNull(suspect.hotSince),
    cure: 'see whether its workflow and a worker run, and whether Postgres answers them',
    day: isoDay(dayOf(at)),
  },
});

export const missingAlert = (accountId: string, at: Instant): FleetAlert => ({
  accountId,
  kind: 'workflow_missing',
  severity: 'critical',
  details: {
    cure:
      'it was started again from its rows and the history of its last workflow; it waits for ' +
      'midnight UTC or a resume only if that history cannot be read',
    day: isoDay(dayOf(at)),
  },
});

/** Returns an alert if the database's clock and the workflows' differ by more than 60 s (R16). */
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

/** The differences between a sealed month and the event log; the fields name the first of them. */
export type Altered = {
  readonly month: string;
  readonly flaw: 'edited' | 'missing' | 'added' | 'seal';
  readonly accountId: string | null;
  readonly day: string;
  readonly eventId: string | null;
  readonly differences: number;
  /** Another text if a difference comes, goes or changes. */
  readonly mark: string;
};

/**
 * Returns the alert about a month that differs (R29). A person closes it, and so accepts these
 * differences. Its day is the first one of the month, so each month has its own alert: a person
 * must not accept what no person has seen.
 */
export function alteredAlert(altered: Altered): FleetAlert {
  const { month, flaw, accountId, day, eventId, differences, mark } = altered;
  const found = ALTERED_WORDS[flaw];
  const where = accountId === null ? '' : ` (account ${accountId}, day ${day}, event ${eventId})`;
  return {
    accountId: FLEET,
    kind: 'log_altered',
    severity: 'critical',
    details: {
      message: `${month}: ${found}${where}; ${counted(differences, 'difference')} found`,
      found,
      month,
      account: accountId,
      quotaDay: day,
      eventId,
      differences,
      mark,
      cure: 'safeband verify names each difference; the runbook has the next steps',
      day: `${month}-01`,
    },
  };
}

/** What differs, in words for people. */
export const ALTERED_WORDS: Readonly<Record<Altered['flaw'], string>> = {
  edited: 'row was edited',
  missing: 'row is missing',
  added: 'row was added',
  seal: 'seal was changed or deleted',
};
