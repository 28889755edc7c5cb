/** Limits the simultaneous calls of each account; further calls wait in order. */
import pLimit, { type LimitFunction } from 'p-limit';

export class Gate {
  readonly #most: number;
  readonly #limits = new Map<string, LimitFunction>();

  constructor(most: number) {
    this.#most = most;
  }

  async pass<T>(accountId: string, call: () => Promise<T>): Promise<T> {
    const limit = this.#limits.get(accountId) ?? pLimit(this.#most);
    this.#limits.set(accountId, limit);
    try {
      return await limit(call);
    } finally {
      // A fleet has many accounts, so an idle one leaves no limiter behind.
      const isIdle = limit.activeCount + limit.pendingCount === 0;
      if (isIdle && this.#limits.get(accountId) === limit) this.#limits.delete(accountId);
    }
  }
}
