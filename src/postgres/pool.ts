/** Connections to Postgres. If the server does not answer, calls fail within seconds. */
import pg from 'pg';
import { SECOND_MS } from '../domain/primitives/time.js';

const CONNECT_TIMEOUT_MS = 2_000;
const STATEMENT_TIMEOUT_MS = 8_000;
const CONNECTIONS_MAX = 10;
/**
 * Where our connections search a name: first in Postgres's own schema, then in ours. Temporary
 * objects are last, because any login may be able to make them.
 */
const SEARCH_PATH = 'safeband,pg_temp';

/**
 * How the settings above are kept. `session` sends them when it connects. `transaction` sets them
 * again in each transaction, for a pooler that gives each transaction another connection.
 */
export type PoolMode = 'session' | 'transaction';
export type Pool = pg.Pool;
/** A pool, or one connection inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

/** Pools whose settings are set again in each transaction, with their limit of a statement. */
const perTransaction = new WeakMap<Pool, number>();

/** Returns what a connection of mode `session` asks for when it begins. */
export const sessionSettings = (
  databaseUrl: string,
  statementMs = STATEMENT_TIMEOUT_MS,
): Pick<pg.ClientConfig, 'connectionString' | 'statement_timeout'> => ({
  connectionString: withOptions(databaseUrl),
  statement_timeout: statementMs,
});

/** True if a connection has the settings of `sessionSettings`: a pooler may have dropped them. */
export async function hasSettings(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ path: string; bound: string }>(
    `select replace(current_setting('search_path'), ' ', '') as path,
            (select setting from pg_catalog.pg_settings where name = 'statement_timeout') as bound`,
  );
  return rows[0]?.path === SEARCH_PATH && Number(rows[0].bound) === STATEMENT_TIMEOUT_MS;
}

/** Returns the address with our search path behind the `options` that it has. */
function withOptions(databaseUrl: string): string {
  const [address = '', query = ''] = databaseUrl.split(/\?(.*)/s);
  const words = new URLSearchParams(query);
  words.set('options', `${words.get('options') ?? ''} -c search_path=${SEARCH_PATH}`.trim());
  return `${address}?${words.toString().replaceAll('+', '%20')}`;
}

/**
 * Makes a pool for that database. Days and bigints are numbers only where the SQL casts them.
 * `statementMs`: how long one statement may take.
 */
export function createPool(
  databaseUrl: string,
  max = CONNECTIONS_MAX,
  mode: PoolMode = 'session',
  statementMs = STATEMENT_TIMEOUT_MS,
): Pool {
  const pool = new pg.Pool({
    ...(mode === 'session'
      ? sessionSettings(databaseUrl, statementMs)
      : { connectionString: databaseUrl }),
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: statementMs + CONNECT_TIMEOUT_MS,
    application_name: 'safeband',
  });
  // A server may close an idle connection: the next query reconnects.
  pool.on('error', () => undefined);
  // A connection that breaks in use fails its query, and emits the error a second time as an event.
  // The pool handles that event only for idle connections, and an unhandled event ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  if (mode === 'session') return pool;
  perTransaction.set(pool, statementMs);
  // A statement outside a transaction would run with the previous settings of the pooler's
  // connection.
  const query = (sql: string, values?: unknown[]): Promise<pg.QueryResult> =>
    inTransaction(pool, (db) => db.query(sql, values));
  return Object.assign(pool, { query });
}

/** Makes the pool of a worker or a server, of the size that its settings name. */
export const poolOf = (
  databaseUrl: string,
  sizes: { readonly connections: number; readonly statementSeconds: number },
  mode?: PoolMode,
): Pool => createPool(databaseUrl, sizes.connections, mode, sizes.statementSeconds * SECOND_MS);

/** Begins a transaction on that connection of the pool, with the pool's settings. */
export async function beginOn(pool: Pool, client: pg.PoolClient, begin = 'begin'): Promise<void> {
  const limit = perTransaction.get(pool);
  const settings =
    limit === undefined
      ? ''
      : `; set local statement_timeout = ${limit}; set local search_path = ${SEARCH_PATH}`;
  await client.query(`${begin}${settings}`);
}

/** Returns the rows of a statement that builds each row as one JSON value, its column `row`. */
export async function rowsOf<T>(
  db: Queryable,
  sql: string,
  values: readonly unknown[],
): Promise<readonly T[]> {
  const { rows } = await db.query<{ row: T }>(sql, [...values]);
  return rows.map(({ row }) => row);
}

/** Returns the row of an aggregate: Postgres always answers with one. */
export function onlyRow<T>([row]: readonly T[]): T {
  if (!row) throw new Error('an aggregate without a row: Postgres always answers with one');
  return row;
}

/** The commit was sent and not answered: the transaction may be committed. */
export class CommitUnknown extends Error {}

type Transaction = { readonly begin?: string; readonly connectMs?: number | undefined };

/**
 * Runs `work` in one transaction. Any error rolls everything back. Only after a `CommitUnknown` is
 * it not known whether the transaction was committed. `connectMs`: the longest wait for a
 * connection.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (db: Queryable) => Promise<T>,
  { begin = 'begin', connectMs }: Transaction = {},
): Promise<T> {
  const client = await connected(pool, connectMs);
  let broken: Error | undefined;
  let isCommitting = false;
  try {
    await beginOn(pool, client, begin);
    const done = await work(client);
    isCommitting = true;
    await client.query('commit');
    return done;
  } catch (cause) {
    const error =
      isCommitting && !isRolledBack(cause)
        ? new CommitUnknown(`the commit was not answered: ${String(cause)}`, { cause })
        : cause;
    await client.query('rollback').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** True if Postgres refused the commit: an integrity violation, or a conflict. */
const isRolledBack = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  ['23', '40'].includes(error.code.slice(0, 2));

/** Takes a connection of the pool. A connection that comes too late is given back unused. */
async function connected(pool: Pool, connectMs: number | undefined): Promise<pg.PoolClient> {
  const connecting = pool.connect();
  if (connectMs === undefined) return connecting;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, connectMs, null);
  });
  const client = await Promise.race([connecting, late]).finally(() => clearTimeout(timer));
  if (client) return client;
  connecting.then(
    (unused) => unused.release(),
    () => undefined,
  );
  throw new Error(`timeout exceeded when trying to connect: none within ${connectMs} ms`);
}

/** Runs reads of one snapshot, which may change nothing. */
export const inSnapshot = <T>(pool: Pool, work: (db: Queryable) => Promise<T>): Promise<T> =>
  inTransaction(pool, work, { begin: 'begin isolation level repeatable read read only' });
