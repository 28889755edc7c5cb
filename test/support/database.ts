/** A database of a test file's own, where it needs no Temporal: made before, dropped after. */
import { afterAll, beforeAll } from 'vitest';
import { createPool, type Pool } from '../../src/postgres/pool.js';
import { freshDatabase } from './stand.js';

/** `ready` gets its pool, and its address for processes of their own. */
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
