/** Connections. A server that is away is told at once: nothing here waits longer than seconds. */
import pg from 'pg';

const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 8_000;
const CONNECTIONS_MAX = 10;

export type Pool = pg.Pool;
/** A pool, or one connection inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** A pool for that database. Days and bigints come as numbers only where the SQL says so. */
export function createPool(databaseUrl: string, max = CONNECTIONS_MAX): Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + CONNECT_TIMEOUT_MS,
    application_name: 'safeband',
  });
  // An idle connection that the server closes is no error of ours: the next query reconnects.
  pool.on('error', () => undefined);
  // One that dies in use fails its query, and says so a second time as an event. The pool listens
  // to it only while it is idle, and an event that nobody hears ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** The rows of a statement that builds each as one JSON value, its column `row`. */
export async function rowsOf<T>(
  db: Queryable,
  sql: string,
  values: readonly unknown[],
): Promise<readonly T[]> {
  const { rows } = await db.query<{ row: T }>(sql, [...values]);
  return rows.map(({ row }) => row);
}

/** Runs `work` in one transaction; whatever it throws takes everything back. */
export async function inTransaction<T>(
  pool: Pool,
  work: (db: Queryable) => Promise<T>,
  begin = 'begin',
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(begin);
    const done = await work(client);
    await client.query('commit');
    return done;
  } catch (error) {
    await client.query('rollback').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Runs reads that all see the same moment, and may change nothing. */
export const inSnapshot = <T>(pool: Pool, work: (db: Queryable) => Promise<T>): Promise<T> =>
  inTransaction(pool, work, 'begin isolation level repeatable read read only');
