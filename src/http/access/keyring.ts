/**
 * Who a key or a log-in belongs to, remembered for a moment: a reserve should not wait for
 * Postgres twice, and should be answered while Postgres is away, as the account itself does (R12).
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

/** A key that was revoked, and a log-in that has ended, are taken for this long at most. */
export const FRESH_MS = 5 * SECOND_MS;
/** While Postgres is away nothing can be revoked either: who was known stays known this long. */
export const STALE_MS = 60 * MINUTE_MS;
const REMEMBERED_MAX = 10_000;
/** What belongs to nobody, as strangers send it. */
const UNKNOWN_MAX = 1_000;

/** What a request shows: a key, or the token of a log-in. */
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
  /** By the hash of what was shown: no secret is kept here. */
  readonly #known = new Map<string, Remembered>();
  /** A thousand streams of one key ask at the same moment: one look is enough. */
  readonly #looks = new Map<string, Promise<Caller | undefined>>();
  /** What was looked for in vain, and when. */
  readonly #unknown = new Map<string, Instant>();
  #sweptAt = -Infinity;

  constructor(pool: Pool, now: () => Instant) {
    this.#pool = pool;
    this.#now = now;
  }

  /**
   * Whose it is; undefined: nobody's, revoked or over. Throws where Postgres is away and it is not
   * known from before.
   */
  async callerOf(shown: Credential): Promise<Caller | undefined> {
    const name = nameOf(shown);
    const missedAt = this.#unknown.get(name) ?? -Infinity;
    if (this.#now() - missedAt < FRESH_MS) return undefined;
    const known = this.#known.get(name);
    const ageMs = known ? this.#now() - known.at : Infinity;
    if (known && ageMs < FRESH_MS) return known.caller;
    try {
      const look = this.#looks.get(name) ?? this.#look(shown);
      this.#looks.set(name, look);
      return await look.finally(() => this.#looks.delete(name));
    } catch (error) {
      if (known && ageMs < STALE_MS) return known.caller;
      throw error;
    }
  }

  /** Whose it was when it was last looked at; undefined: it is not remembered. */
  recall(shown: Credential): Caller | undefined {
    return this.#known.get(nameOf(shown))?.caller;
  }

  /** A log-out is known here at once. */
  forget(shown: Credential): void {
    this.#known.delete(nameOf(shown));
  }

  async #look(shown: Credential): Promise<Caller | undefined> {
    const find = shown.kind === 'key' ? findKey : findSession;
    const caller = await find(this.#pool, shown.text);
    this.#learn(shown, caller);
    void this.#sweep().catch(() => undefined); // a later look sweeps again
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
    noteUse(this.#pool, caller.keyId).catch(() => undefined); // the time is for people to look at
  }

  /**
   * Forgets what was revoked or is over of all that is remembered: it is not to come back to life
   * when Postgres goes away, only because nobody used it since.
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
/** What it is remembered by: the token of a log-in is no key. */
const nameOf = ({ kind, text }: Credential): string => `${kind} ${base64Of(text)}`;

/** The oldest leaves where there is no room. */
function put<V>(map: Map<string, V>, max: number, key: string, value: V): void {
  map.delete(key);
  const [oldest] = map.keys();
  if (map.size >= max && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
