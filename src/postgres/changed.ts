/** Changes the values that a pool reads. */
import pg from 'pg';
import type { Pool } from './pool.js';

/** Passes each value that the pool reads through `change`; call it before the first connection. */
export function changingWhatIsRead(pool: Pool, change: (value: unknown) => unknown): Pool {
  const usual = new pg.TypeOverrides();
  pool.options.types = {
    getTypeParser: (oid: number) => {
      const parse: unknown = usual.getTypeParser(oid, 'text');
      return (raw: unknown) =>
        change(typeof parse === 'function' ? Reflect.apply(parse, undefined, [raw]) : raw);
    },
  };
  return pool;
}
