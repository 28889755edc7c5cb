/** Finds words in any column of any table, such as the ids of an erased person (R29). */
import type { Pool } from '../../src/postgres/pool.js';

/** Returns the names of the tables in which the pattern matches a row as JSON, in any case. */
export async function tablesWith(pool: Pool, pattern: string): Promise<readonly string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = 'safeband'::regnamespace and relkind = 'r' order by 1`,
  );
  const found: string[] = [];
  for (const { name } of rows) {
    const sql = `select from safeband.${name} t where to_jsonb(t)::text ~* $1 limit 1`;
    if ((await pool.query(sql, [pattern])).rowCount) found.push(name);
  }
  return found;
}
