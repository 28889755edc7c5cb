/**
 * Who a key or a log-in belongs to, remembered for a moment: a reserve should not wait for
 * Postgres twice, and should be answered while Postgres is away, as the account itself does (R12).
 */
import { createHash } from 'node:crypto';
import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/time.js';
import { findKey, findSession, noteUse, type Caller } from '../postgres/keys.js';
import type { Pool } from '../postgres/pool.js';

/** A key that was revoked, and a log-in that has ended, are taken for this long at most. */
export const FRESH_MS = 5 * SECOND_MS;
/** While Postgres is away nothing can be revoked either: who was known stays known this long. */
export const STALE_MS = 60 * MINUTE_MS;
const REMEMBERED_MAX = 10_000;

/** What a request shows: a key, or the token of a log-in. */
export type Credential = { readonly kind: 'key' | 'session'; readonly text: string };
type Remembered = { readonly caller: Caller; readonly at: Instant };

export class Keyring {
  readonly #pool: Pool;
  readonly #now: () => Instant;
  /** By the hash of what was shown: no secret is kept here. */
  readonly #known = new Map<string, Remembered>();
  /** A thousand streams of one key ask at the same moment: one look is enough. */
  readonly #looks = new Map<string, Promise<Caller | undefined>>();

  constructor(pool: Pool, now: () => Instant) {
    this.#pool = pool;
    this.#now = now;
  }

  /**
   * Whose it is; undefined: nobody's, revoked or over. Throws where Postgres is away and it is not
   * known from before.
   */
  async callerOf({ kind, text }: Credential): Promise<Caller | undefined> {
    const hash = createHash('sha256').update(`${kind} ${text}`).digest('base64');
    const known = this.#known.get(hash);
    const ageMs = known ? this.#now() - known.at : Infinity;
    if (known && ageMs < FRESH_MS) return known.caller;
    try {
      const find = kind === 'key' ? findKey : findSession;
      const look = this.#looks.get(hash) ?? find(this.#pool, text);
      this.#looks.set(hash, look);
      return this.#learn(hash, await look.finally(() => this.#looks.delete(hash)));
    } catch (error) {
      if (known && ageMs < STALE_MS) return known.caller;
      throw error;
    }
  }

  /** A log-out, or a new log-in, is known here at once. */
  forget(): void {
    this.#known.clear();
  }

  #learn(hash: string, caller: Caller | undefined): Caller | undefined {
    if (!caller) {
      this.#known.delete(hash);
      return undefined;
    }
    if (this.#known.size >= REMEMBERED_MAX) this.#known.clear();
    this.#known.set(hash, { caller, at: this.#now() });
    noteUse(this.#pool, caller.keyId).catch(() => undefined); // the time is for people to look at
    return caller;
  }
}
