/**
 * Streams (SSE): the status of an account after each change, or the ids of changed accounts. One
 * connection gets the changes from Postgres; a status is read once for all clients of an account. A
 * slow client is disconnected; a client with a revoked key is disconnected at the next heartbeat.
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

/** How long changes are collected before they are sent together. */
const TOGETHER_MS = 100;
/** Maximum number of statuses that are read at the same time. */
const READS_MAX = 8;
const RESYNC = 'event: resync\ndata: {}\n\n';

export type Watcher = {
  /** Null: the stream reports only the ids of changed accounts that the key may see. */
  readonly accountId: string | null;
  readonly caller: Caller;
  readonly credential: Credential;
  readonly raw: Writable;
};
type Stream = Omit<Watcher, 'caller'> & { caller: Caller; etag: string; dueAt: Instant };
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
  /** Accounts whose status must be read and sent. */
  readonly #due = new Set<string>();
  readonly #reading = new Set<string>();
  /** Accounts that changed since the last event of the streams of all accounts. */
  #changed = new Set<string>();
  #sending: NodeJS.Timeout | undefined;
  #heart: NodeJS.Timeout | undefined;

  constructor(needs: Needs) {
    this.#needs = needs;
    this.#listener = new Listener(needs.listeningPool ?? needs.pool, {
      onChange: (accountId) => {
        for (const other of this.#others) other.onChange(accountId);
        this.#changedRow(accountId);
      },
      onGap: () => {
        for (const other of this.#others) other.onGap();
        this.#resync();
      },
    });
  }

  /** Notifies also a cache in this process, before any stream. */
  alsoNotify(other: Notification): void {
    this.#others.push(other);
    this.#listener.start();
  }

  /** True while Postgres reports changes to this server. */
  get isListening(): boolean {
    return this.#listener.isListening;
  }

  /** The number of open streams. */
  get count(): number {
    return this.#streams.size;
  }

  /** Throws if the server or this key already has its maximum of streams. */
  checkRoom({ keyId }: Caller): void {
    const { streamsMax, streamsPerKeyMax } = this.#needs.limits;
    const ofKey = [...this.#streams].filter(({ caller }) => caller.keyId === keyId).length;
    if (this.#streams.size >= streamsMax || ofKey >= streamsPerKeyMax) {
      const who = ofKey >= streamsPerKeyMax ? 'key' : 'server';
      throw problemOf('Unavailable', `this ${who} already has its maximum number of streams`);
    }
  }

  /** Adds a client whose head of the answer was sent, and sends it `first` at once. */
  open(watcher: Watcher, first: StatusRead | null): void {
    if (watcher.raw.destroyed) return; // it has left already, and emits no further event
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
    if (first) this.#sendStatus(stream, first);
    // Read again, so that a change since the first read is not missed.
    if (accountId !== null) this.#want(accountId);
  }

  /** Ends all streams; the clients reconnect to another server. */
  close(): void {
    clearInterval(this.#heart);
    clearTimeout(this.#sending);
    for (const stream of this.#streams) this.#end(stream);
    this.#listener.stop();
  }

  #changedRow(accountId: string): void {
    // Sent even if the status is the same, because of manual edits of the row.
    const data = JSON.stringify({ accountId });
    for (const stream of this.#ofAccount.get(accountId) ?? []) {
      this.#write(stream, `event: change\ndata: ${data}\n\n`);
    }
    this.#want(accountId);
    this.#changed.add(accountId);
    this.#sending ??= setTimeout(() => void this.#sendVersions(), TOGETHER_MS).unref();
  }

  /** After missed changes: reads watched accounts again; streams of all accounts get `resync`. */
  #resync(): void {
    for (const accountId of this.#ofAccount.keys()) this.#want(accountId);
    for (const stream of this.#streams) {
      if (stream.accountId === null) this.#write(stream, RESYNC);
    }
  }

  async #sendVersions(): Promise<void> {
    this.#sending = undefined;
    const changed = [...this.#changed];
    this.#changed = new Set();
    const watchers = [...this.#streams].filter(({ accountId }) => accountId === null);
    if (watchers.length === 0) return;
    const versions = await readVersions(this.#needs.pool, changed).catch(() => null);
    for (const stream of watchers) {
      if (!versions && changed.some((one) => maySee(stream.caller, one))) {
        this.#write(stream, RESYNC);
      }
      const visible = versions?.filter(({ accountId }) => maySee(stream.caller, accountId)) ?? [];
      const text = visible.map((one) => `event: change\ndata: ${JSON.stringify(one)}\n\n`).join('');
      if (text !== '') this.#write(stream, text);
    }
  }

  #want(accountId: string): void {
    if (!this.#ofAccount.has(accountId)) return;
    this.#due.add(accountId);
    void this.#readNext();
  }

  /** Reads the due accounts, never the same account twice at a time, until none is due. */
  async #readNext(): Promise<void> {
    if (this.#reading.size >= READS_MAX) return;
    const accountId = [...this.#due].find((one) => !this.#reading.has(one));
    if (accountId === undefined) return;
    this.#due.delete(accountId);
    this.#reading.add(accountId);
    try {
      const status = await this.#needs.statuses.read(accountId);
      for (const stream of this.#ofAccount.get(accountId) ?? []) this.#sendStatus(stream, status);
    } catch (error) {
      const isGone = error instanceof SafebandError && error.type === 'AccountUnknown';
      for (const stream of this.#ofAccount.get(accountId) ?? []) {
        if (isGone) this.#end(stream);
        else stream.dueAt = this.#needs.now(); // the next heartbeat tries again
      }
    } finally {
      this.#reading.delete(accountId);
    }
    await this.#readNext();
  }

  #sendStatus(stream: Stream, status: StatusRead): void {
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
      // A cooldown ends without a change of the row, so its end needs a new read.
      if (stream.accountId !== null && now >= stream.dueAt) this.#want(stream.accountId);
    }
    await Promise.all([...this.#streams].map((stream) => this.#checkKey(stream)));
  }

  async #checkKey(stream: Stream): Promise<void> {
    // While Postgres does not answer, the keyring decides which keys it still accepts.
    const caller = await this.#needs.keyring.callerOf(stream.credential).catch(() => undefined);
    if (caller) stream.caller = caller; // the accounts of its groups may have changed
    const { accountId } = stream;
    if (!caller || (accountId !== null && !maySee(caller, accountId))) this.#end(stream);
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
