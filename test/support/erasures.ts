/** Writes the traces of two made-up erasures, for lists. */
import type { Queryable } from '../../src/postgres/pool.js';

/** Writes two traces; they change no other row. */
export const addErasures = (db: Queryable): Promise<unknown> =>
  db.query(
    `insert into safeband.erasures (hash, erased_by, reason, rows)
     select 'erased:00000000:' || repeat('0', 40), 'ada', 'request ' || n, '{"alerts": 2}'
       from generate_series(1, 2) n`,
  );
