/**
 * Workflow tasks that fail repeatedly (R8): the account answers nothing, whatever its rows contain.
 * A run whose history cannot be replayed never answers again. A restart loses nothing, because a
 * start reads the answers of the last run from its history (R13). Pure.
 */
import { commandLine } from '../primitives/commandLine.js';
import type { FleetAlert } from './fleetAudit.js';
import {
  RECONCILE_INTERVAL_MS,
  RESTART_AFTER_MS,
  RESTART_EVERY_MS,
  RESTART_SHARE,
  RESTARTS_MAX,
  TASK_FAILURES_MAX,
  TASKS_ROUND,
  TASKS_TURNS_MAX,
} from '../primitives/limits.js';
import { cleaned } from '../primitives/text.js';
import { dayOf, hashOf, isoDay, isoInstant, type Instant } from '../primitives/time.js';

/** Temporal's data about the task that a running workflow waits for. */
export type TasksReading = {
  readonly runId: string;
  /** Minimum number of failed tries since the last task that succeeded. */
  readonly failures: number;
  /** When the first of them failed; null if none did. */
  readonly since: Instant | null;
  /** Temporal's cause of the last failure, such as `NON_DETERMINISTIC_ERROR`; null if unknown. */
  readonly cause: string | null;
  /** True if the history cannot be replayed, according to each recorded failure. */
  readonly isReplayFailure: boolean;
  /** The worker's own message about it. */
  readonly message: string | null;
};

/** An account whose tasks fail. */
export type Failing = {
  readonly accountId: string;
  readonly seen: TasksReading;
  /** When the audit last restarted it. */
  readonly restartedAt: Instant | null;
};

/** True if people are alerted. A few failures are common: a worker ends, a message is late. */
export const areFailing = ({ failures }: TasksReading): boolean => failures >= TASK_FAILURES_MAX;

/**
 * Returns which accounts' tasks this audit reads in turn: each account's within an hour; in a large
 * fleet it takes more audits.
 */
export function turnOf(running: number, at: Instant): (accountId: string) => boolean {
  const rounds = Math.max(TASKS_ROUND, Math.ceil(running / TASKS_TURNS_MAX));
  const round = Math.floor(at / RECONCILE_INTERVAL_MS) % rounds;
  return (accountId) => hashOf(accountId) % rounds === round;
}

/** Why the audit does not restart an account: a person must check first. */
export type Obstacle = 'cause' | 'many' | 'lately' | 'young' | 'limit';

/**
 * Decides which accounts the audit may restart: a few in each audit, whose runs could not be
 * replayed for some time. If many accounts fail, a build or a setting of the workers is the cause.
 */
export function obstaclesOf(
  failing: readonly Failing[],
  {
    connected,
    at,
    restartsMax = RESTARTS_MAX,
  }: { readonly connected: number; readonly at: Instant; readonly restartsMax?: number },
): ReadonlyMap<string, Obstacle | null> {
  const isMany = failing.length > Math.max(RESTARTS_MAX, connected / RESTART_SHARE);
  let restarts = 0;
  return new Map(
    failing.map((one) => {
      const obstacle = ownObstacle(one, at) ?? (isMany ? 'many' : null);
      if (obstacle === null && restarts >= restartsMax) return [one.accountId, 'limit'];
      if (obstacle === null) restarts += 1;
      return [one.accountId, obstacle];
    }),
  );
}

function ownObstacle({ seen, restartedAt }: Failing, at: Instant): Obstacle | null {
  if (!seen.isReplayFailure) return 'cause';
  if (restartedAt !== null && at - restartedAt < RESTART_EVERY_MS) return 'lately';
  return at - (seen.since ?? at) < RESTART_AFTER_MS ? 'young' : null;
}

export type Outcome =
  | { readonly isRestarted: true }
  | {
      readonly isRestarted: false;
      readonly obstacle: Obstacle | null;
      /** Why this worker cannot read the run's messages; null if it can or has not tried. */
      readonly unread: string | null;
    };

/** Returns the alert about an account whose tasks fail, or that was restarted for it. */
export function failingAlert(
  { accountId, seen, restartedAt }: Failing,
  outcome: Outcome,
  at: Instant,
): FleetAlert {
  const { failures, since, cause, message, runId } = seen;
  const { isRestarted } = outcome;
  const when = isRestarted ? at : restartedAt;
  return {
    accountId,
    kind: 'tasks_failing',
    severity: isRestarted ? 'warning' : 'critical',
    details: {
      message: `${failures} tries of its workflow task have failed${since === null ? '' : ` since ${isoInstant(since)}`}`,
      failure: failureText(cause, message),
      workflowRun: runId,
      cure: cureOf(accountId, outcome),
      ...(when === null ? {} : { restartedAt: isoInstant(when) }),
      ...(isRestarted || outcome.unread === null ? {} : { unread: outcome.unread }),
      day: isoDay(dayOf(at)),
    },
  };
}

/** Returns the command that restarts the account. */
export const restartCommand = (accountId: string): string =>
  commandLine('restart', [accountId], '--reason …');

function cureOf(accountId: string, outcome: Outcome): string {
  const command = restartCommand(accountId);
  if (outcome.isRestarted) {
    return 'nothing: its run could not be replayed, so it was terminated and the account started again from its history';
  }
  if (outcome.unread !== null) {
    return 'give each worker all keys of SAFEBAND_PAYLOAD_KEYS; its tasks then succeed by themselves';
  }
  if (outcome.obstacle === 'cause') {
    return `correct the worker that runs it (its log has details): its tasks then succeed by themselves; ${command} gives up the run`;
  }
  if (outcome.obstacle === 'many') {
    return `many accounts fail alike: check the build and the settings of the workers first; then ${command}`;
  }
  return `${command}; the fleet audit does the same by itself, at most once an hour`;
}

const FAILURE_CHARS = 200;
/** Quoted text of a failure: it may be the content of a message, so it is removed. */
const QUOTED = /"[^"]*"|`[^`]*`/g;
const PERSONAL = /\S+@\S+|urn:li:\S+|https?:\S+|\bAC[ow]AA\S+/g;

/** Returns Temporal's cause and the first line of the worker's message, without quoted text. */
export function failureText(cause: string | null, message: string | null): string {
  const [line = ''] = (message ?? '').split('\n');
  const text = cleaned(line).replaceAll(QUOTED, '"…"').replaceAll(PERSONAL, '…');
  return [cause ?? 'the task timed out', text].filter(Boolean).join(': ').slice(0, FAILURE_CHARS);
}
