/** Starts the connected accounts that have no workflow again, as fast as they open (R8, R13). */
import { heartbeat, log } from '@temporalio/activity';
import { MINUTE_MS, SECOND_MS } from '../../domain/primitives/time.js';
import { readClock, readOpened, readTier } from '../../postgres/operations/fleet.js';
import { noteStarted } from '../../postgres/operations/recovery.js';
import type { Pool } from '../../postgres/pool.js';
import { eachOf } from '../eachOf.js';

/**
 * Maximum accounts that are started and have not read their rows yet. Reason: an account that waits
 * long for a worker reads them the slow way, and all others wait longer.
 */
const OPENING_MAX = 100;
/** Accounts that are started between two looks at those that open. */
const BATCH = 25;
const LOOK_MS = 200;
/** An account that takes longer does not hold up the others. */
const OPENS_MS = 30 * SECOND_MS;
/** How long one audit starts accounts; the next one finds the others. */
const STARTS_MS = 12 * MINUTE_MS;
/** Accounts between two lines of the log. */
const LOGGED = 500;

/** The calls to Temporal that start or wake an account. */
export type Starting = {
  /** Asks an account to reconcile; false if its workflow does not run. */
  readonly wake: (accountId: string) => Promise<boolean>;
  readonly start: (account: { readonly accountId: string; readonly tier: string }) => Promise<void>;
};

export type Woken = {
  readonly reached: number;
  readonly missing: readonly string[];
  readonly unreached: readonly string[];
};
/** `notTried`: those of the unreached accounts for which no time was left. */
export type Begun = Woken & { readonly notTried: readonly string[] };

/** Wakes an account; starts it again if it has no workflow. `raise` raises the alert about it. */
export async function wakeOrStart(
  pool: Pool,
  accountId: string,
  { wake, start }: Starting,
  raise: (accountId: string) => Promise<void>,
): Promise<'woken' | 'started' | 'left' | 'unreached'> {
  try {
    if (await wake(accountId)) return 'woken';
    const tier = await readTier(pool, accountId);
    if (tier === null) return 'left'; // it was disconnected since its row was read
    await raise(accountId); // before the start: a second try would find the workflow running
    await start({ accountId, tier });
    return 'started';
  } catch (error) {
    log.warn('account.unreached', { accountId, error });
    return 'unreached'; // the next audit finds it again
  }
}

/**
 * Starts these accounts again, those that have a workflow after all excepted. Stores after each
 * batch how many are left: the heartbeat of the audit comes only after the last one.
 */
export async function startMissing(
  pool: Pool,
  accountIds: readonly string[],
  workflows: Starting,
  raise: (accountId: string) => Promise<void>,
): Promise<Begun> {
  const found: Record<Awaited<ReturnType<typeof wakeOrStart>>, string[]> = {
    woken: [],
    started: [],
    left: [],
    unreached: [],
  };
  const until = Date.now() + STARTS_MS;
  const opening = new Opening(pool);
  const note = noting(pool);
  if (accountIds.length === 0) await note({ started: 0, missing: 0 });
  let next = 0;
  while (next < accountIds.length && Date.now() < until) {
    const batch = accountIds.slice(next, next + BATCH);
    const since = await readClock(pool);
    const before = found.started.length;
    await eachOf(batch, async (accountId) => {
      const done = await wakeOrStart(pool, accountId, workflows, raise);
      found[done].push(accountId);
      if (done === 'started') opening.add(accountId, since);
    });
    next += batch.length;
    // Accounts that are not listed yet are no recovery: most of them have a workflow.
    const isRecovery = found.started.length + found.unreached.length > 0;
    if (isRecovery || next === accountIds.length) {
      await note({
        started: found.started.length - before,
        missing: accountIds.length - next + found.unreached.length,
      });
    }
    await opening.atMost(OPENING_MAX, until);
    const isRound = next % LOGGED < BATCH || next === accountIds.length;
    if (isRound && accountIds.length > BATCH) {
      log.info('accounts.started', { started: next, of: accountIds.length });
    }
  }
  const notTried = accountIds.slice(next);
  return {
    reached: found.woken.length,
    missing: found.started.toSorted(),
    unreached: [...found.unreached, ...notTried],
    notTried,
  };
}

/**
 * Returns a function that stores the progress. People see it, and no start depends on it, so its
 * failure ends no audit. Only the first failure is logged: the others have the same cause.
 */
function noting(pool: Pool): (progress: Parameters<typeof noteStarted>[1]) => Promise<void> {
  let isLogged = false;
  return (progress) =>
    noteStarted(pool, progress).catch((error: unknown) => {
      if (!isLogged) log.warn('recovery.unwritten', { error: String(error) });
      isLogged = true;
    });
}

/** The accounts that were started and have not claimed their rows. */
class Opening {
  readonly #since = new Map<string, number>();
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  add(accountId: string, since: number): void {
    this.#since.set(accountId, since);
  }

  /** Waits until at most `max` accounts are opening. */
  async atMost(max: number, until: number): Promise<void> {
    while (this.#since.size > max && Date.now() < until) {
      await new Promise((resolve) => {
        setTimeout(resolve, LOOK_MS);
      });
      heartbeat(this.#since.size);
      const now = await readClock(this.#pool);
      const opened = await readOpened(this.#pool, [...this.#since]);
      for (const accountId of opened) this.#since.delete(accountId);
      for (const [accountId, since] of this.#since) {
        if (now - since > OPENS_MS) this.#since.delete(accountId);
      }
    }
  }
}
