/** One connection that hears which accounts' rows were written, for all streams of the server. */
import type { PoolClient } from 'pg';
import { SECOND_MS } from '../../domain/primitives/time.js';
import type { Pool } from '../../postgres/pool.js';

const RETRY_MS = SECOND_MS;
/** A connection that died without a word is found out by asking it. */
const ASK_MS = 30 * SECOND_MS;

export type Notification = {
  /** The row of that account was written. */
  readonly onChange: (accountId: string) => void;
  /** It listens again, after a time in which something may have been missed. */
  readonly onGap: () => void;
};

export class Listener {
  readonly #pool: Pool;
  readonly #heard: Notification;
  #client: PoolClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isWanted = false;

  constructor(pool: Pool, heard: Notification) {
    this.#pool = pool;
    this.#heard = heard;
  }

  /** Begins to listen, if it does not yet; connects again by itself. */
  start(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    void this.#connect();
  }

  /** Gives the connection back. */
  stop(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#drop();
  }

  async #connect(): Promise<void> {
    try {
      const client = await this.#pool.connect();
      this.#client = client;
      client.on('notification', ({ payload }) => payload && this.#heard.onChange(payload));
      client.on('end', () => this.#lost(client));
      client.on('error', () => this.#lost(client));
      await client.query('listen safeband_changes');
      if (!this.#isWanted) return this.#drop();
      this.#heard.onGap();
      this.#ask(client);
    } catch {
      this.#lost(this.#client);
    }
  }

  #ask(client: PoolClient): void {
    this.#timer = setTimeout(() => {
      client.query('select 1').then(
        () => this.#client === client && this.#ask(client),
        () => this.#lost(client),
      );
    }, ASK_MS);
  }

  #lost(client: PoolClient | undefined): void {
    if (client !== this.#client) return;
    this.#drop();
    clearTimeout(this.#timer);
    if (this.#isWanted) this.#timer = setTimeout(() => void this.#connect(), RETRY_MS);
  }

  /** Closed, not given back: nobody else should hear what it listens to. */
  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.removeAllListeners('notification');
    client?.release(true);
  }
}
