/** The audit of the fleet (R8): checks every connected account, and wakes accounts that need it. */
import { heartbeat, log } from '@temporalio/activity';
import type { Activities, AuditAsk, Audited } from './ports.js';
import {
  judge,
  missingAlert,
  overdueAlert,
  skewAlerts,
  type FleetAlert,
  type Suspect,
} from '../domain/reconcile/fleetAudit.js';
import { RECONCILE_INTERVAL_MS } from '../domain/primitives/limits.js';
import { dayOf, MINUTE_MS, SECOND_MS, startOf, type Instant } from '../domain/primitives/time.js';
import type { Sizes } from '../platform/sizes.js';
import { NO_ERASURE_KEY } from '../postgres/data/erased.js';
import {
  ACCOUNTS_PAGE,
  closeFleetAlerts,
  readAccountsPage,
  readClock,
  readUnreconciled,
  writeFleetHeartbeat,
} from '../postgres/operations/fleet.js';
import { readNews } from '../postgres/operations/news.js';
import { inTransaction, type Pool } from '../postgres/pool.js';
import {
  pruneGroupSends,
  pruneHistory,
  pruneRows,
  pruneShares,
} from '../postgres/operations/prune.js';
import { raiseAlerts } from '../postgres/save/runs.js';
import {
  startMissing,
  wakeOrStart,
  type Begun,
  type Starting,
  type Woken,
} from './audit/missing.js';
import { sealWork, type DataNeeds, type SealWork } from './audit/seals.js';
import { eachOf } from './eachOf.js';
import { findFailing, type Tasks } from './failing.js';
import { startUnstarted, type StartOrder } from './orders/unstarted.js';

/** The calls to Temporal that the audit needs. */
export type Workflows = {
  /** Lists the ids of accounts whose workflow runs. */
  readonly running: () => AsyncIterable<string>;
  readonly startOrder: StartOrder;
  readonly tasks: Tasks;
} & Starting;

/** The settings of an audit. */
export type AuditSizes = Pick<Sizes, 'auditWakes' | 'auditRestarts' | 'midnightSpreadSeconds'>;

export function fleetActivities(
  pool: Pool,
  workflows: Workflows,
  sizes: AuditSizes,
  data: DataNeeds,
): Pick<Activities, 'readClock' | 'auditFleet'> {
  const seals = sealWork(pool, data);
  let wasLong = false;
  return {
    readClock: () => readClock(pool),
    auditFleet: async (ask) => {
      const begun = performance.now();
      const audited = await audit(pool, workflows, ask, { ...sizes, ...data });
      await startUnstarted(pool, workflows.startOrder);
      const isLong = performance.now() - begun > LONG_MS;
      if (isLong && !wasLong && data.erasureKey !== undefined) {
        log.warn('no month is sealed or compared: the audit took longer than five minutes');
      }
      wasLong = isLong;
      await forget(pool, ask, { keep: data.keep, seals: isLong ? null : seals });
      return audited;
    },
  };
}

/** After an audit that took longer, seals wait for the next one: Temporal ends it after 15 min. */
const LONG_MS = 5 * MINUTE_MS;

async function audit(
  pool: Pool,
  workflows: Workflows,
  ask: AuditAsk,
  settings: AuditSizes & Pick<DataNeeds, 'erasureKey'>,
): Promise<Audited> {
  const { auditWakes, auditRestarts, midnightSpreadSeconds, erasureKey } = settings;
  const begin = performance.now();
  const { at, runId } = ask;
  const spreadMs = midnightSpreadSeconds * SECOND_MS;
  const news = await readNews(pool, dayOf(at), () => heartbeat());
  const { connected, suspects, doubtful } = await readAccounts(pool, at);
  const judged = suspects.map((suspect) => ({ suspect, ...judge(suspect, at, spreadMs) }));
  const running = await idsOf(workflows.running());
  const wanted = new Set([
    ...judged.flatMap(({ suspect, isWoken }) => (isWoken ? [suspect.accountId] : [])),
    ...doubtful,
    ...(await readUnreconciled(pool, dayOf(at))),
    ...news.accountIds.filter((id) => connected.has(id)),
  ]);
  const silent = judged.flatMap(({ suspect, isSilent }) => (isSilent ? [suspect] : []));
  const suspected = [...silent.map(({ accountId }) => accountId), ...wanted];
  const found = await findFailing(pool, workflows.tasks, {
    runId,
    at,
    connected,
    running,
    restartsMax: auditRestarts,
    suspected: suspected.filter((id) => running.has(id)),
  });
  // A failing account answers no message, and a restarted account reads everything anyway.
  for (const id of [...found.failing, ...found.restarted]) wanted.delete(id);
  const raise = raisedBy(pool, ask);
  // Either it has no workflow, or the workflow is too new to be listed: the call shows which.
  const absent = [...connected].filter((id) => !running.has(id) && !found.restarted.includes(id));
  for (const id of absent) wanted.delete(id);
  const awake = await wakeAll(pool, [...wanted], auditWakes, workflows, raise);
  const begun = await startMissing(pool, absent, workflows, raise);
  const woken = joined(awake, begun);
  const overdue = except(silent, [...woken.missing, ...nextAudit(begun)]);
  const alerts: readonly FleetAlert[] = [
    ...found.alerts,
    ...overdue.map((suspect) => overdueAlert(suspect, at)),
    ...woken.missing.map((accountId) => missingAlert(accountId, at)),
    ...skewAlerts(ask.skewMs, at),
  ];
  const kept = { tasks: found.unknown, absent: begun.unreached };
  const audited: Audited = {
    checked: connected.size,
    drifting: judged.filter(({ isDrifting }) => isDrifting).length,
    woken: woken.reached,
    silent: overdue.length,
    lateResets: judged.filter(({ isLate }) => isLate).length,
    missing: woken.missing.length,
    unreached: woken.unreached.length,
    failing: found.failing.length,
    restarted: found.restarted.length,
  };
  await inTransaction(pool, async (db) => {
    await raiseAlerts(db, { runId, at, alerts });
    await closeFleetAlerts(db, { runId, at, kept });
    await writeFleetHeartbeat(db, {
      runId,
      at,
      durationMs: Math.round(performance.now() - begin),
      checked: audited.checked,
      isAlerted: alerts.length > 0,
      explanation: explanationOf(audited, news.horizon, erasureKey),
    });
  });
  return audited;
}

/**
 * Deletes old rows: in the first audit of a day, and in the next ones until all of them are gone.
 * Seals a month that is due, and compares a sealed month.
 * A failure is no reason to repeat the audit.
 */
async function forget(
  pool: Pool,
  ask: AuditAsk,
  { keep, seals }: Pick<DataNeeds, 'keep'> & { readonly seals: SealWork | null },
): Promise<void> {
  const { at } = ask;
  const isFirst = at - startOf(dayOf(at)) < RECONCILE_INTERVAL_MS;
  const groupSends = () => pruneGroupSends(pool, at, keep.reservations);
  const work = {
    ...(isFirst ? { pruneHistory, pruneShares, groupSends } : {}),
    pruneRows: () => pruneRows(pool, { at, keep, afterStep: heartbeat }),
    ...(seals ? { seal: () => seals.seal(ask), compare: () => seals.compare(ask) } : {}),
  };
  for (const [statement, prune] of Object.entries(work)) {
    await prune(pool, at).catch((error: unknown) => {
      log.warn('old rows could not be deleted, or a month not sealed or compared', {
        statement,
        error: String(error),
      });
    });
  }
}

/** Reads all connected accounts, and the rows that need a check, page by page. */
async function readAccounts(
  pool: Pool,
  at: Instant,
): Promise<{
  readonly connected: ReadonlySet<string>;
  readonly suspects: readonly Suspect[];
  readonly doubtful: readonly string[];
}> {
  const connected = new Set<string>();
  const suspects: Suspect[] = [];
  const doubtful: string[] = [];
  for (let after: string | null = ''; after !== null;) {
    const page = await readAccountsPage(pool, { after, limit: ACCOUNTS_PAGE, day: dayOf(at) });
    for (const accountId of page.connected) connected.add(accountId);
    suspects.push(...page.suspects);
    doubtful.push(...page.doubtful);
    after = page.last;
    heartbeat(connected.size);
  }
  return { connected, suspects, doubtful };
}

async function idsOf(list: AsyncIterable<string>): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const id of list) {
    ids.add(id);
    if (ids.size % 1_000 === 0) heartbeat(ids.size);
  }
  return ids;
}

/**
 * Returns the accounts that the next audit starts. Each audit begins with the same account: if it
 * starts none, the next one may come no further.
 */
const nextAudit = ({ missing, notTried }: Begun): readonly string[] =>
  missing.length > 0 ? notTried : [];

/**
 * Leaves out the accounts that were started again, and those that the next audit starts: they are
 * silent because they had no workflow. An account whose start failed stays: if its wake failed,
 * nothing else names it.
 */
function except(silent: readonly Suspect[], missing: readonly string[]): readonly Suspect[] {
  const known = new Set(missing);
  return silent.filter(({ accountId }) => !known.has(accountId));
}

/** Returns what the heartbeat has: if an account was not reached, the next audit reads its rows. */
const explanationOf = (audited: Audited, horizon: string, key: DataNeeds['erasureKey']) => ({
  ...audited,
  ...(audited.unreached > 0 ? {} : { horizon }),
  erasureKey: key?.id ?? NO_ERASURE_KEY,
});

const raisedBy =
  (pool: Pool, { runId, at }: AuditAsk) =>
  (accountId: string): Promise<void> =>
    raiseAlerts(pool, { runId, at, alerts: [missingAlert(accountId, at)] });

const joined = (one: Woken, other: Woken): Woken => ({
  reached: one.reached + other.reached,
  missing: [...one.missing, ...other.missing].toSorted(),
  unreached: [...one.unreached, ...other.unreached],
});

/** Wakes the accounts, up to the maximum of an audit. */
async function wakeAll(
  pool: Pool,
  accountIds: readonly string[],
  wakesMax: number,
  workflows: Workflows,
  raise: (accountId: string) => Promise<void>,
): Promise<Woken> {
  const found = { woken: 0, started: [] as string[], left: 0, unreached: [] as string[] };
  await eachOf(accountIds.slice(0, wakesMax), async (accountId) => {
    const done = await wakeOrStart(pool, accountId, workflows, raise);
    if (done === 'started' || done === 'unreached') found[done].push(accountId);
    else found[done] += 1;
  });
  const unreached = [...found.unreached, ...accountIds.slice(wakesMax)];
  return { reached: found.woken, missing: found.started.toSorted(), unreached };
}
