/** Makes a database for a test file that needs no Temporal, and drops it after the tests. */
import { afterAll, beforeAll } from 'vitest';
import { createPool, type Pool } from '../../src/postgres/pool.js';
import { freshDatabase } from './stand.js';

/** `ready` receives the pool, and the address for other processes. */
export function withDatabase(ready: (pool: Pool, url: string) => void | Promise<void>): void {
  let close = async (): Promise<void> => undefined;
  beforeAll(async () => {
    const { url, drop } = await freshDatabase();
    const pool = createPool(url);
    close = async () => {
      await pool.end();
      await drop();
    };
    await ready(pool, url);
  });
  afterAll(() => close());
}
