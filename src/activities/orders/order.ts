/**
 * Executes an order on many accounts (R30): some accounts a second, each with one Update. An
 * account whose outcome is written is not asked again, and a repeated Update has the same id.
 */
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import pLimit from 'p-limit';
import { MINUTE_MS, SECOND_MS } from '../../domain/primitives/time.js';
import { endOrder, noteOutcome, readOrderWork } from '../../postgres/fleet/orderWork.js';
import type { Pool } from '../../postgres/pool.js';
import type { Activities } from '../ports.js';
import { ask } from './ask.js';

/** How long one activity works; then the workflow begins the next one. */
const WORK_MS = MINUTE_MS;
/**
 * Maximum accounts that are asked at once. An account that does not answer takes one of these
 * places for up to 39 s, while the others continue.
 */
const AT_ONCE = 64;

export const orderActivities = (pool: Pool): Pick<Activities, 'runOrder'> => ({
  runOrder: async ({ orderId }) => {
    const asked = new Asked();
    try {
      const isOver = await askNext(pool, orderId, asked);
      await asked.close();
      if (isOver) await endOrder(pool, orderId);
      return { isOver };
    } finally {
      await asked.close();
    }
  },
});

/** Asks accounts for a minute. True: none is left to ask, or a person has stopped the order. */
async function askNext(pool: Pool, orderId: string, asked: Asked): Promise<boolean> {
  const until = Date.now() + WORK_MS;
  while (Date.now() < until && !cancellationSignal().aborted) {
    const begunAt = Date.now();
    heartbeat(asked.count);
    const found = await readOrderWork(pool, orderId, asked.count);
    if (!found || found.isStopped || found.next.length === 0) return true;
    const { order, perSecond, next } = found;
    const batch = next.filter((id) => !asked.has(id)).slice(0, perSecond - asked.waiting);
    for (const accountId of batch) {
      asked.add(accountId, async () => {
        const { outcome, error } = await ask(order, accountId);
        await noteOutcome(pool, { orderId, accountId, outcome, error });
        heartbeat(accountId);
      });
    }
    // The batch is what one second may have. After the last one, only answers are missing.
    const share = batch.length > 0 ? batch.length / perSecond : 1;
    await asked.wait(SECOND_MS * share - (Date.now() - begunAt), batch.length === 0);
  }
  return false;
}

/** The accounts that are being asked, and those that wait for a place. */
class Asked {
  readonly #limit = pLimit(AT_ONCE);
  readonly #running = new Map<string, Promise<void>>();
  #isClosed = false;
  #failure: { readonly error: unknown } | undefined;

  get count(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#limit.pendingCount;
  }

  has(accountId: string): boolean {
    return this.#running.has(accountId);
  }

  /** Asks as soon as a place is free. */
  add(accountId: string, work: () => Promise<void>): void {
    const running = this.#limit(async () => {
      try {
        if (!this.#isClosed) await work();
      } catch (error) {
        this.#failure ??= { error };
      } finally {
        this.#running.delete(accountId);
      }
    });
    this.#running.set(accountId, running);
  }

  /** Waits so long, and with `orAll` only until all have answered. Throws if one has failed. */
  async wait(ms: number, orAll: boolean): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, ms));
    });
    await Promise.race([late, ...(orAll ? [Promise.all(this.#running.values())] : [])]);
    clearTimeout(timer);
    if (this.#failure) throw this.#failure.error;
  }

  /** Asks no further account, and waits for those that are being asked. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#running.values());
    if (this.#failure) throw this.#failure.error;
  }
}
