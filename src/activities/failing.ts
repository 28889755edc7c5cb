/**
 * Finds accounts whose workflow tasks fail (R8). A run that can never continue is terminated, and
 * the account is started again: the new run reads the history of the terminated one (R13).
 */
import { log } from '@temporalio/activity';
import type { FleetAlert } from '../domain/reconcile/fleetAudit.js';
import { TASKS_READS_MAX } from '../domain/primitives/limits.js';
import {
  areFailing,
  failingAlert,
  obstaclesOf,
  turnOf,
  type Failing,
  type Outcome,
  type TasksReading,
} from '../domain/reconcile/failingTasks.js';
import type { Instant } from '../domain/primitives/time.js';
import { eachOf } from './eachOf.js';
import { readRestarts, readFailingAlerts } from '../postgres/operations/failing.js';
import { readTier } from '../postgres/operations/fleet.js';
import type { Pool } from '../postgres/pool.js';
import { raiseAlerts } from '../postgres/save/runs.js';

/** Maximum histories that one audit reads only to explain an alert. */
const READS_MAX = 20;

/** The calls to Temporal that this file needs. */
export type Tasks = {
  /** Lists accounts whose failures Temporal itself reports. Some servers do, with a delay. */
  readonly reported: () => AsyncIterable<string>;
  /** Reads the state of an account's tasks; null if its workflow does not run. */
  readonly read: (accountId: string) => Promise<TasksReading | null>;
  /** Returns why this worker cannot read the messages of a run; null if it can. */
  readonly unread: (accountId: string, runId: string) => Promise<string | null>;
  /** Terminates that run, and no other. */
  readonly terminate: (accountId: string, runId: string, reason: string) => Promise<void>;
  readonly start: (account: { readonly accountId: string; readonly tier: string }) => Promise<void>;
};

export type FailingAsk = {
  readonly runId: string;
  readonly at: Instant;
  readonly connected: ReadonlySet<string>;
  readonly running: ReadonlySet<string>;
  readonly restartsMax: number;
  /** Accounts that are checked in any case: their rows show that something is wrong. */
  readonly suspected: readonly string[];
};
export type FailingFound = {
  readonly alerts: readonly FleetAlert[];
  /** Accounts whose tasks still fail: waking them would change nothing. */
  readonly failing: readonly string[];
  readonly restarted: readonly string[];
  /** Accounts with an open alert whose tasks could not be read now. */
  readonly unknown: readonly string[];
};

export async function findFailing(
  pool: Pool,
  tasks: Tasks,
  ask: FailingAsk,
): Promise<FailingFound> {
  const { at, connected, runId, restartsMax } = ask;
  const alerted = (await readFailingAlerts(pool)).map(({ accountId }) => accountId);
  const { seen, unknown } = await readEach(await candidates(tasks, ask, alerted), tasks);
  const restarts = await readRestarts(pool, [...seen.keys()]);
  const failing = [...seen].map(([accountId, one]): Failing => ({
    accountId,
    seen: one,
    restartedAt: restarts.get(accountId) ?? null,
  }));
  const obstacles = obstaclesOf(failing, { connected: connected.size, at, restartsMax });
  const alerts: FleetAlert[] = [];
  const restarted: string[] = [];
  let read = 0;
  for (const one of failing) {
    const obstacle = obstacles.get(one.accountId) ?? null;
    const isToRead = obstacle === null || (obstacle !== 'cause' && (read += 1) <= READS_MAX);
    const unread = isToRead ? await unreadOf(tasks, one) : null;
    const outcome: Outcome =
      obstacle === null && unread === null
        ? await restart(pool, tasks, one)
        : { isRestarted: false, obstacle, unread };
    const alert = failingAlert(one, outcome, at);
    alerts.push(alert);
    if (!outcome.isRestarted) continue;
    restarted.push(one.accountId);
    // Written at once: a second try of this audit would not find the failures any more.
    await raiseAlerts(pool, { runId, at, alerts: [alert] });
  }
  return {
    alerts,
    failing: [...seen.keys()].filter((accountId) => !restarted.includes(accountId)),
    restarted,
    unknown: unknown.filter((accountId) => alerted.includes(accountId)),
  };
}

/**
 * Returns the suspected accounts, and a part of all others that changes with each audit. A
 * namespace may contain accounts of another database: the audit of that database checks them.
 */
async function candidates(
  tasks: Tasks,
  { at, connected, running, suspected }: FailingAsk,
  alerted: readonly string[],
): Promise<readonly string[]> {
  const isItsTurn = turnOf(running.size, at);
  const reported: string[] = [];
  try {
    for await (const accountId of tasks.reported()) {
      if (connected.has(accountId)) reported.push(accountId);
      if (reported.length >= TASKS_READS_MAX) break;
    }
  } catch (error) {
    // Each account is still checked, in its order.
    log.warn('tasks.unreported', { error: String(error) });
  }
  const wanted = new Set([
    ...alerted,
    ...reported,
    ...suspected,
    ...[...running].filter((accountId) => connected.has(accountId) && isItsTurn(accountId)),
  ]);
  return [...wanted].slice(0, TASKS_READS_MAX);
}

/** Returns the accounts whose tasks fail, and the accounts whose tasks could not be read. */
async function readEach(
  accountIds: readonly string[],
  { read }: Tasks,
): Promise<{
  readonly seen: ReadonlyMap<string, TasksReading>;
  readonly unknown: readonly string[];
}> {
  const seen = new Map<string, TasksReading>();
  const unknown: string[] = [];
  await eachOf(accountIds, async (accountId) => {
    try {
      const found = await read(accountId);
      if (found && areFailing(found)) seen.set(accountId, found);
    } catch (error) {
      log.warn('tasks.unseen', { accountId, error: String(error) });
      unknown.push(accountId);
    }
  });
  return { seen, unknown };
}

/**
 * Returns why this worker cannot read the history of the run. Without its payload key no worker can
 * replay the run, and a new run could not read what the old one answered.
 */
async function unreadOf(tasks: Tasks, { accountId, seen }: Failing): Promise<string | null> {
  try {
    return await tasks.unread(accountId, seen.runId);
  } catch (error) {
    return `Temporal did not answer: ${String(error)}`.slice(0, 200);
  }
}

/** Terminates a run that cannot be replayed, and starts the account again. */
async function restart(pool: Pool, tasks: Tasks, { accountId, seen }: Failing): Promise<Outcome> {
  const failed: Outcome = { isRestarted: false, obstacle: null, unread: null };
  try {
    const tier = await readTier(pool, accountId);
    if (tier === null) return failed; // it is disconnected
    const reason = `${seen.failures} tries of its workflow task failed: it cannot be replayed`;
    await tasks.terminate(accountId, seen.runId, `${reason}; the fleet audit starts it again`);
    // Where this start fails, the next audit finds an account without a workflow.
    await tasks.start({ accountId, tier }).catch((error: unknown) => {
      log.warn('account.unreached', { accountId, error: String(error) });
    });
    log.warn('account.restarted', { accountId, workflowRun: seen.runId });
    return { isRestarted: true };
  } catch (error) {
    log.warn('account.not_restarted', { accountId, error: String(error) });
    return failed;
  }
}
