/**
 * Streams (SSE): an account's status after each change, or which accounts changed. Changes are told
 * by Postgres to one connection; a status is read once for all who watch that account. Whoever
 * reads too slowly is dropped, whoever's key was revoked is shut out at the next heartbeat.
 */
import type { Writable } from 'node:stream';
import { SafebandError } from '../../client/index.js';
import type { Instant } from '../../domain/primitives/time.js';
import { readVersions } from '../../postgres/read/lists.js';
import type { Pool } from '../../postgres/pool.js';
import { maySee, type Caller } from '../access/caller.js';
import type { Credential, Keyring } from '../access/keyring.js';
import type { Limits } from '../plumbing/limits.js';
import { Listener, type Notification } from './listener.js';
import { problemOf } from '../plumbing/problems.js';
import type { StatusReader } from '../../status/statusReader.js';
import type { StatusRead } from '../../status/readStatus.js';
import { etagOf } from '../status.js';

/** Changes of this long are told together. */
const TOGETHER_MS = 100;
/** Statuses that are read at the same time. */
const LOOKS_MAX = 8;
const RESYNC = 'event: resync\ndata: {}\n\n';

export type Watcher = {
  /** Null: of all that the key may see, only which of them changed. */
  readonly accountId: string | null;
  readonly caller: Caller;
  readonly credential: Credential;
  readonly raw: Writable;
};
type Stream = Watcher & { etag: string; dueAt: Instant };
type Needs = {
  readonly pool: Pool;
  readonly listeningPool?: Pool | undefined;
  readonly statuses: StatusReader;
  readonly keyring: Keyring;
  readonly limits: Limits;
  readonly now: () => Instant;
};

export class Live {
  readonly #needs: Needs;
  readonly #streams = new Set<Stream>();
  readonly #ofAccount = new Map<string, Set<Stream>>();
  readonly #listener: Listener;
  readonly #others: Notification[] = [];
  /** Accounts whose status is to be read and told. */
  readonly #due = new Set<string>();
  readonly #looking = new Set<string>();
  /** Changed since the streams of all accounts were told. */
  #changed = new Set<string>();
  #telling: NodeJS.Timeout | undefined;
  #heart: NodeJS.Timeout | undefined;

  constructor(needs: Needs) {
    this.#needs = needs;
    this.#listener = new Listener(needs.listeningPool ?? needs.pool, {
      onChange: (accountId) => {
        for (const other of this.#others) other.onChange(accountId);
        this.#hear(accountId);
      },
      onGap: () => {
        for (const other of this.#others) other.onGap();
        this.#resync();
      },
    });
  }

  /** Tells also who keeps something of an account in this process, and before any stream. */
  alsoTell(other: Notification): void {
    this.#others.push(other);
    this.#listener.start();
  }

  /** Streams that are open. */
  get count(): number {
    return this.#streams.size;
  }

  /** Throws where there is no room for another, of all or of this key. */
  checkRoom({ keyId }: Caller): void {
    const { streamsMax, streamsPerKeyMax } = this.#needs.limits;
    const ofKey = [...this.#streams].filter(({ caller }) => caller.keyId === keyId).length;
    if (this.#streams.size >= streamsMax || ofKey >= streamsPerKeyMax) {
      const who = ofKey >= streamsPerKeyMax ? 'key' : 'server';
      throw problemOf('Unavailable', `this ${who} has as many streams as it may`);
    }
  }

  /** Tells the watcher from now on, `first` at once; the head of the answer was sent. */
  open(watcher: Watcher, first: StatusRead | null): void {
    if (watcher.raw.destroyed) return; // left already, and will not say so again
    const stream: Stream = { ...watcher, etag: '', dueAt: Infinity };
    this.#streams.add(stream);
    const { accountId } = stream;
    if (accountId !== null) {
      const others = this.#ofAccount.get(accountId) ?? new Set();
      this.#ofAccount.set(accountId, others.add(stream));
    }
    stream.raw.on('close', () => this.#forget(stream));
    stream.raw.on('error', () => this.#forget(stream));
    this.#listener.start();
    this.#heart ??= setInterval(() => void this.#beat(), this.#needs.limits.heartbeatMs).unref();
    this.#write(stream, ': connected\nretry: 2000\n\n');
    if (first) this.#tell(stream, first);
    // What changed between the read and now is not missed.
    if (accountId !== null) this.#want(accountId);
  }

  /** Ends all streams; the watchers connect again, to whoever is there then. */
  close(): void {
    clearInterval(this.#heart);
    clearTimeout(this.#telling);
    for (const stream of this.#streams) this.#end(stream);
    this.#listener.stop();
  }

  #hear(accountId: string): void {
    // Told also where the status stays the same: a hand may have changed the row.
    const data = JSON.stringify({ accountId });
    for (const stream of this.#ofAccount.get(accountId) ?? []) {
      this.#write(stream, `event: change\ndata: ${data}\n\n`);
    }
    this.#want(accountId);
    this.#changed.add(accountId);
    this.#telling ??= setTimeout(() => void this.#tellVersions(), TOGETHER_MS).unref();
  }

  /** Something may have been missed: who watches one account is told it, the others are to look. */
  #resync(): void {
    for (const accountId of this.#ofAccount.keys()) this.#want(accountId);
    for (const stream of this.#streams) {
      if (stream.accountId === null) this.#write(stream, RESYNC);
    }
  }

  async #tellVersions(): Promise<void> {
    this.#telling = undefined;
    const changed = [...this.#changed];
    this.#changed = new Set();
    const watchers = [...this.#streams].filter(({ accountId }) => accountId === null);
    if (watchers.length === 0) return;
    const versions = await readVersions(this.#needs.pool, changed).catch(() => null);
    for (const stream of watchers) {
      if (!versions && changed.some((one) => maySee(stream.caller, one))) {
        this.#write(stream, RESYNC);
      }
      const seen = versions?.filter(({ accountId }) => maySee(stream.caller, accountId)) ?? [];
      const text = seen.map((one) => `event: change\ndata: ${JSON.stringify(one)}\n\n`).join('');
      if (text !== '') this.#write(stream, text);
    }
  }

  #want(accountId: string): void {
    if (!this.#ofAccount.has(accountId)) return;
    this.#due.add(accountId);
    void this.#look();
  }

  /** Reads what is due, one account at a time once, until nothing is. */
  async #look(): Promise<void> {
    if (this.#looking.size >= LOOKS_MAX) return;
    const accountId = [...this.#due].find((one) => !this.#looking.has(one));
    if (accountId === undefined) return;
    this.#due.delete(accountId);
    this.#looking.add(accountId);
    try {
      const status = await this.#needs.statuses.read(accountId);
      for (const stream of this.#ofAccount.get(accountId) ?? []) this.#tell(stream, status);
    } catch (error) {
      const isGone = error instanceof SafebandError && error.type === 'AccountUnknown';
      for (const stream of this.#ofAccount.get(accountId) ?? []) {
        if (isGone) this.#end(stream);
        else stream.dueAt = this.#needs.now(); // the next heartbeat tries again
      }
    } finally {
      this.#looking.delete(accountId);
    }
    await this.#look();
  }

  #tell(stream: Stream, status: StatusRead): void {
    const ends = [status.cooldown?.until, status.breakerUntil].flatMap((one) => one ?? []);
    stream.dueAt = Math.min(...ends.map((end) => Date.parse(end)));
    const etag = etagOf(status);
    if (etag === stream.etag) return;
    stream.etag = etag;
    const data = JSON.stringify(status);
    this.#write(stream, `event: status\nid: ${status.version}\ndata: ${data}\n\n`);
  }

  async #beat(): Promise<void> {
    const now = this.#needs.now();
    for (const stream of this.#streams) {
      this.#write(stream, ': heartbeat\n\n');
      // A cooldown ends without a change: its end is told by a new look.
      if (stream.accountId !== null && now >= stream.dueAt) this.#want(stream.accountId);
    }
    await Promise.all([...this.#streams].map((stream) => this.#checkKey(stream)));
  }

  async #checkKey(stream: Stream): Promise<void> {
    // While Postgres is away the keyring says itself whom it still believes.
    const caller = await this.#needs.keyring.callerOf(stream.credential).catch(() => undefined);
    if (!caller) this.#end(stream);
  }

  #write(stream: Stream, text: string): void {
    if (stream.raw.destroyed) {
      this.#forget(stream);
    } else if (stream.raw.writableLength > this.#needs.limits.streamBytes) {
      this.#forget(stream);
      stream.raw.destroy();
    } else if (!stream.raw.writableEnded) {
      stream.raw.write(text);
    }
  }

  #end(stream: Stream): void {
    this.#forget(stream);
    stream.raw.end();
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream);
    if (stream.accountId === null) return;
    const others = this.#ofAccount.get(stream.accountId);
    others?.delete(stream);
    if (others?.size === 0) this.#ofAccount.delete(stream.accountId);
  }
}
