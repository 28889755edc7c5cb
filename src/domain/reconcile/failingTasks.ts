/**
 * Workflow tasks that fail repeatedly (R8): the account answers nothing, whatever its rows say.
 * A run whose history cannot be replayed never answers again. To terminate it and to start the
 * account loses nothing, because a start reads what the last run answered out of its history (R13).
 * Pure.
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

/** What Temporal says about the task that a running workflow waits for. */
export type TasksReading = {
  readonly runId: string;
  /** Tries that have failed since the last task that succeeded: at least so many. */
  readonly failures: number;
  /** The first of them; null: none has failed. */
  readonly since: Instant | null;
  /** Temporal's word for the last failure, such as `NON_DETERMINISTIC_ERROR`; null: unknown. */
  readonly cause: string | null;
  /** Each failure that Temporal recorded says that the history cannot be replayed. */
  readonly isReplayFailure: boolean;
  /** What the worker said about it, as it said it. */
  readonly message: string | null;
};

/** An account whose tasks fail. */
export type Failing = {
  readonly accountId: string;
  readonly seen: TasksReading;
  /** When the audit last gave up a run of it. */
  readonly restartedAt: Instant | null;
};

/** True if a person should know. Single failures are common: a worker ends, a message is late. */
export const areFailing = ({ failures }: TasksReading): boolean => failures >= TASK_FAILURES_MAX;

/**
 * Says whose turn it is in this audit: each account's within an hour, or in a large fleet in as many
 * audits as it takes.
 */
export function turnOf(running: number, at: Instant): (accountId: string) => boolean {
  const rounds = Math.max(TASKS_ROUND, Math.ceil(running / TASKS_TURNS_MAX));
  const round = Math.floor(at / RECONCILE_INTERVAL_MS) % rounds;
  return (accountId) => hashOf(accountId) % rounds === round;
}

/** Why the audit does not give up a run: a person has to look first. */
export type Obstacle = 'cause' | 'many' | 'lately' | 'young' | 'limit';

/**
 * Judges which runs the audit may give up: those that cannot be replayed, for some time, a few in
 * each audit. Where many accounts fail alike, a build or a setting of the workers is the cause.
 */
export function obstaclesOf(
  failing: readonly Failing[],
  { connected, at }: { readonly connected: number; readonly at: Instant },
): ReadonlyMap<string, Obstacle | null> {
  const isMany = failing.length > Math.max(RESTARTS_MAX, connected / RESTART_SHARE);
  let restarts = 0;
  return new Map(
    failing.map((one) => {
      const obstacle = ownObstacle(one, at) ?? (isMany ? 'many' : null);
      if (obstacle === null && restarts === RESTARTS_MAX) return [one.accountId, 'limit'];
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
      /** Why this worker cannot read the messages of the run; null: it can, or it was not tried. */
      readonly unread: string | null;
    };

/** The alert about an account whose tasks fail, or whose run was given up for it. */
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

/** The command that gives up a run and starts the account again. */
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
    return `correct the worker that runs it (its log says more): its tasks then succeed by themselves; ${command} gives up the run`;
  }
  if (outcome.obstacle === 'many') {
    return `many accounts fail alike: look at the build and the settings of the workers first; then ${command}`;
  }
  return `${command}; the fleet audit does the same by itself, at most once an hour`;
}

const FAILURE_CHARS = 200;
/** What a failure quotes may be a message's content, and words of ours are never in such quotes. */
const QUOTED = /"[^"]*"|`[^`]*`/g;
const PERSONAL = /\S+@\S+|urn:li:\S+|https?:\S+|\bAC[ow]AA\S+/g;

/** Temporal's cause and the first line of what the worker said, without what it quotes. */
export function failureText(cause: string | null, message: string | null): string {
  const [line = ''] = (message ?? '').split('\n');
  const text = cleaned(line).replaceAll(QUOTED, '"…"').replaceAll(PERSONAL, '…');
  return [cause ?? 'the task timed out', text].filter(Boolean).join(': ').slice(0, FAILURE_CHARS);
}
