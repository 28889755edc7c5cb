/** Connects a process to its database for the first time: waits for it, and detects a pooler. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Waiting } from '../platform/starting.js';
import { hasSettings, sessionSettings, type PoolMode } from './pool.js';
import { isPoolerRefusal, refusalOf } from './refusal.js';
import { ConfigError } from '../platform/environment.js';

const CONNECT_TIMEOUT_MS = 3_000;
const CHANNEL = 'safeband_check';

export type Address = { readonly setting: string; readonly url: string };

/**
 * Connects once, and returns how connections keep their settings. Waits for a server that is
 * starting. Throws a ConfigError if the server cannot be reached.
 */
export const reachDatabase = (address: Address, waiting: Waiting): Promise<PoolMode> =>
  waiting.until(
    () => probe(address),
    (error) => refusalOf(error, address.setting),
  );

async function probe({ url }: Address): Promise<PoolMode> {
  try {
    return await connected(sessionSettings(url), async (db) =>
      (await hasSettings(db)) ? 'session' : 'transaction',
    );
  } catch (error) {
    if (!isPoolerRefusal(error)) throw error;
    return connected({ connectionString: url }, () => Promise.resolve('transaction'));
  }
}

/** Throws a ConfigError unless the table exists that this version needs. */
export async function checkTable({ setting, url }: Address, table: string): Promise<void> {
  const { isThere, user } = await connected({ connectionString: url }, async (db) => {
    const { rows } = await db.query<{ isThere: boolean; user: string }>(
      `select to_regclass($1) is not null as "isThere", current_user as user`,
      [table],
    );
    return rows[0] ?? { isThere: false, user: '' };
  }).catch((error: unknown) => {
    // Without the right to use the schema, Postgres does not even resolve the table's name.
    if (!(error instanceof pg.DatabaseError && error.code === '42501')) throw error;
    throw new ConfigError(
      `${setting}: its user may not use the schema safeband: make it a member of a role of ` +
        'safeband (docs/deploy.md, "Logins")',
    );
  });
  if (isThere) return;
  throw new ConfigError(
    `${setting}: the database has no tables of this version for user ${user}: run npm run migrate`,
  );
}

/**
 * Throws a ConfigError if an idle connection gets no notifications. That is so behind a pooler that
 * gives each transaction another connection.
 */
export async function checkListening({ setting, url }: Address): Promise<void> {
  const nonce = crypto.randomUUID();
  const isReceived = await connected({ connectionString: url }, async (db) => {
    const received = new Promise<boolean>((resolve) => {
      db.on('notification', ({ payload }) => payload === nonce && resolve(true));
    });
    await db.query(`listen ${CHANNEL}`);
    await connected({ connectionString: url }, (other) =>
      other.query('select pg_notify($1, $2)', [CHANNEL, nonce]),
    );
    return Promise.race([received, sleep(CONNECT_TIMEOUT_MS, false, { ref: false })]);
  });
  if (isReceived) return;
  throw new ConfigError(
    `${setting}: live pages need a connection of their own, and a pooler in transaction mode is ` +
      "in between: set DATABASE_DIRECT_URL to the server's own address",
  );
}

async function connected<T>(
  settings: pg.ClientConfig,
  work: (db: pg.Client) => Promise<T>,
): Promise<T> {
  const db = new pg.Client({
    ...settings,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
    application_name: 'safeband',
  });
  db.on('error', () => undefined); // the broken statement throws the same error
  try {
    await db.connect();
    return await work(db);
  } finally {
    await db.end().catch(() => undefined);
  }
}
