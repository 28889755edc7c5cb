/**
 * Requests that wait for a change of an account (long polls). One connection gets the changes from
 * Postgres for all of them. If changes may have been missed, all look again.
 */
import type { Notification } from './listener.js';

export class Waits implements Notification {
  readonly #waiting = new Map<string, Set<() => void>>();
  #isClosed = false;

  /** The number of requests that wait. */
  get count(): number {
    let count = 0;
    for (const wakes of this.#waiting.values()) count += wakes.size;
    return count;
  }

  /** Waits for the next change of the account, at most `ms`, or until the client leaves. */
  until(accountId: string, ms: number, left: AbortSignal): Promise<void> {
    if (this.#isClosed || left.aborted || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const others = this.#waiting.get(accountId) ?? new Set();
      const wake = (): void => {
        clearTimeout(timer);
        left.removeEventListener('abort', wake);
        others.delete(wake);
        if (others.size === 0) this.#waiting.delete(accountId);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      left.addEventListener('abort', wake);
      this.#waiting.set(accountId, others.add(wake));
    });
  }

  onChange(accountId: string): void {
    for (const wake of this.#waiting.get(accountId) ?? []) wake();
  }

  onGap(): void {
    for (const accountId of this.#waiting.keys()) this.onChange(accountId);
  }

  /** Answers all requests that wait, before the server ends. */
  close(): void {
    this.#isClosed = true;
    this.onGap();
  }
}
