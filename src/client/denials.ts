/**
 * Denials that were heard, so that a closed gate is not hammered: each until its `retryAt` or a
 * minute, whichever is first. A denial is about the account, so it answers any new id.
 */
import type { DenialWire } from '../domain/wire/decisions.js';

const MEMORY_MS = 60_000;
const ACCOUNTS_MAX = 10_000;

type Remembered = { readonly denial: DenialWire; readonly until: number };

export class Denials {
  readonly #byAccount = new Map<string, Remembered>();
  readonly #memoryMs: number;

  /** `memoryMs` 0 remembers nothing. */
  constructor(memoryMs: number = MEMORY_MS) {
    this.#memoryMs = memoryMs;
  }

  /** The denial that a new ask would hear again now; undefined: ask. */
  recall(accountId: string, now: number): DenialWire | undefined {
    const known = this.#byAccount.get(accountId);
    if (!known) return undefined;
    if (now < known.until) return known.denial;
    this.#byAccount.delete(accountId);
    return undefined;
  }

  /** `expired` is about one ask, not about the account: it is not remembered. */
  remember(accountId: string, denial: DenialWire, now: number): void {
    if (denial.reason === 'expired' || this.#memoryMs === 0) return;
    const retryAt = denial.retryAt === null ? Infinity : Date.parse(denial.retryAt);
    const until = Math.min(retryAt, now + this.#memoryMs);
    if (this.#byAccount.size >= ACCOUNTS_MAX) this.#byAccount.clear();
    this.#byAccount.set(accountId, { denial, until });
  }

  /** Something may have changed: a report, a new policy, a person. */
  forget(accountId: string): void {
    this.#byAccount.delete(accountId);
  }
}
