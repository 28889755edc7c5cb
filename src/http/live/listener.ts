/** One connection that listens to changes of account rows, for all streams of the server. */
import type { PoolClient } from 'pg';
import { SECOND_MS } from '../../domain/primitives/time.js';
import type { Pool } from '../../postgres/pool.js';

const RETRY_MS = SECOND_MS;
/** How often the connection is tested, because a broken one may report nothing. */
const ASK_MS = 30 * SECOND_MS;

export type Notification = {
  /** Called after the row of an account was written. */
  readonly onChange: (accountId: string) => void;
  /** Called when the connection listens again, because changes may have been missed before. */
  readonly onGap: () => void;
};

export class Listener {
  readonly #pool: Pool;
  readonly #listener: Notification;
  #client: PoolClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isWanted = false;
  #isListening = false;

  constructor(pool: Pool, listener: Notification) {
    this.#pool = pool;
    this.#listener = listener;
  }

  /** True while changes are reported, or until a test of the connection shows that it is broken. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** Starts to listen, if it does not listen yet; reconnects automatically. */
  start(): void {
    if (this.#isWanted) return;
    this.#isWanted = true;
    void this.#connect();
  }

  /** Stops, and closes the connection. */
  stop(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    this.#drop();
  }

  async #connect(): Promise<void> {
    try {
      const client = await this.#pool.connect();
      this.#client = client;
      client.on('notification', ({ payload }) => payload && this.#listener.onChange(payload));
      client.on('end', () => this.#lost(client));
      client.on('error', () => this.#lost(client));
      await client.query('listen safeband_changes');
      if (!this.#isWanted) return this.#drop();
      this.#isListening = true;
      this.#listener.onGap();
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

  /** Closes the connection; returned to the pool, it would still listen. */
  #drop(): void {
    const client = this.#client;
    this.#client = undefined;
    this.#isListening = false;
    client?.removeAllListeners('notification');
    client?.release(true);
  }
}
