/**
 * The owner of each key or log-in, remembered for a moment: a reserve should not wait for Postgres
 * twice, and should be answered while Postgres does not answer, as by the account itself (R12).
 */
import { MINUTE_MS, SECOND_MS, type Instant } from '../../domain/primitives/time.js';
import {
  findKey,
  findSession,
  hashOf,
  noteUse,
  stillGood,
  type Caller,
} from '../../postgres/access/keys.js';
import type { Pool } from '../../postgres/pool.js';

/** How long a revoked key or an ended log-in is still accepted at most. */
export const FRESH_MS = 5 * SECOND_MS;
/** How long a known key is accepted without Postgres, which also means that no key is revoked. */
export const STALE_MS = 60 * MINUTE_MS;
const REMEMBERED_MAX = 10_000;
/** Maximum number of unknown keys that are remembered. */
const UNKNOWN_MAX = 1_000;

/** The credential of a request: a key, or the token of a log-in. */
export type Credential = { readonly kind: 'key' | 'session'; readonly text: string };
type Remembered = {
  readonly kind: Credential['kind'];
  readonly hash: string;
  readonly caller: Caller;
  readonly at: Instant;
};

export class Keyring {
  readonly #pool: Pool;
  readonly #now: () => Instant;
  /** Keyed by the hash of the credential, so that no secret is stored here. */
  readonly #known = new Map<string, Remembered>();
  /** Running lookups: a thousand streams of one key ask at the same moment and share one. */
  readonly #lookups = new Map<string, Promise<Caller | undefined>>();
  /** Unknown credentials, and when they were looked up. */
  readonly #unknown = new Map<string, Instant>();
  #sweptAt = -Infinity;

  constructor(pool: Pool, now: () => Instant) {
    this.#pool = pool;
    this.#now = now;
  }

  /**
   * Returns the caller; undefined if the credential is unknown, revoked or has ended. Throws if
   * Postgres does not answer and the credential is not remembered.
   */
  async callerOf(shown: Credential): Promise<Caller | undefined> {
    const name = nameOf(shown);
    const missedAt = this.#unknown.get(name) ?? -Infinity;
    if (this.#now() - missedAt < FRESH_MS) return undefined;
    const known = this.#known.get(name);
    const ageMs = known ? this.#now() - known.at : Infinity;
    if (known && ageMs < FRESH_MS) return known.caller;
    try {
      const lookup = this.#lookups.get(name) ?? this.#lookUp(shown);
      this.#lookups.set(name, lookup);
      return await lookup.finally(() => this.#lookups.delete(name));
    } catch (error) {
      if (known && ageMs < STALE_MS) return known.caller;
      throw error;
    }
  }

  /** Returns the remembered caller, without a lookup. */
  recall(shown: Credential): Caller | undefined {
    return this.#known.get(nameOf(shown))?.caller;
  }

  /** Forgets a log-in at once, after a log-out. */
  forget(shown: Credential): void {
    this.#known.delete(nameOf(shown));
  }

  async #lookUp(shown: Credential): Promise<Caller | undefined> {
    const find = shown.kind === 'key' ? findKey : findSession;
    const caller = await find(this.#pool, shown.text);
    this.#learn(shown, caller);
    void this.#sweep().catch(() => undefined); // a later lookup sweeps again
    return caller;
  }

  #learn(shown: Credential, caller: Caller | undefined): void {
    const [name, at] = [nameOf(shown), this.#now()];
    this.#known.delete(name);
    if (!caller) {
      put(this.#unknown, UNKNOWN_MAX, name, at);
      return;
    }
    const { kind, text } = shown;
    put(this.#known, REMEMBERED_MAX, name, { kind, hash: base64Of(text), caller, at });
    noteUse(this.#pool, caller.keyId).catch(() => undefined); // only for people
  }

  /**
   * Forgets remembered credentials that were revoked or have ended. Otherwise they would be
   * accepted again when Postgres does not answer, because no request has looked them up since.
   */
  async #sweep(): Promise<void> {
    if (this.#now() - this.#sweptAt < FRESH_MS) return;
    this.#sweptAt = this.#now();
    const all = [...this.#known];
    const ofKind = (kind: Credential['kind']) => all.filter(([, one]) => one.kind === kind);
    const keyIds = [...new Set(ofKind('key').map(([, { caller }]) => caller.keyId))];
    const sessions = ofKind('session').map(([, { hash }]) => hash);
    const good = new Set(await stillGood(this.#pool, { keyIds, sessions }));
    for (const [name, { kind, hash, caller }] of all) {
      if (!good.has(kind === 'key' ? caller.keyId : hash)) this.#known.delete(name);
    }
  }
}

const base64Of = (text: string): string => hashOf(text).toString('base64');
/**
 * Returns the name of a credential; it contains the kind, because a token of a log-in is no key.
 */
const nameOf = ({ kind, text }: Credential): string => `${kind} ${base64Of(text)}`;

/** Adds an entry; if the map is full, its oldest entry is removed. */
function put<V>(map: Map<string, V>, max: number, key: string, value: V): void {
  map.delete(key);
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
