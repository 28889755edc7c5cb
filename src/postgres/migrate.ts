/**
 * Updates a database to this version: plain SQL, forward only, each file once, one migration at a
 * time. The rights of roles (`roles.sql`) are set again after each migration.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { errorText } from '../domain/primitives/errorText.js';
import { addRecipientKeys } from './save/recipients.js';

/** How long a migration waits for another migration, or for a transaction that locks a table. */
const LOCK_WAIT_MS = 60_000;
/** Maximum rows that get their search key in one transaction. */
const KEYS_AT_ONCE = 10_000;
/** The last migration that these keys need. */
const KEYS_SINCE = '0033_search.sql';
/** How often the wait is reported. */
const REPORT_MS = 5_000;

export type Migration = { readonly name: string; readonly sql: string; readonly checksum: string };

/** Why a database cannot be updated to this version, and the fix. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));

/** Returns the names of this version's migrations, in order. */
export const knownMigrations = async (): Promise<readonly string[]> =>
  (await migrationsIn()).map(({ name }) => name);

/** Reads the files of `migrations/`, in order. */
export async function migrationsIn(folder = FOLDER): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_.+\.sql$/.test(name)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${folder}/${name}`, 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** How long a migration waits for a lock, and how often it reports that. */
export type Waits = { readonly lockWaitMs: number; readonly reportMs: number };

/**
 * Applies the missing files, each in its own transaction, one migration at a time. Returns the
 * names that were applied. Refuses a database from a newer version, and a database whose applied
 * files differ from ours.
 */
export async function migrate(
  databaseUrl: string,
  print: (line: string) => void = () => undefined,
  folder = FOLDER,
  waits: Waits = { lockWaitMs: LOCK_WAIT_MS, reportMs: REPORT_MS },
): Promise<readonly string[]> {
  const migrations = await migrationsIn(folder);
  const [db, keeper] = [await open(databaseUrl), await open(databaseUrl)];
  db.on('notice', ({ message }) => {
    if (message && /^(roles|rights): /.test(message)) print(message);
  });
  const step = <T>(what: string, work: () => Promise<T>): Promise<T> =>
    bounded({ db, databaseUrl, what, print, ...waits }, work);
  const addKeys = async (): Promise<void> => {
    if (!migrations.some(({ name }) => name === KEYS_SINCE)) return;
    for (let rows = KEYS_AT_ONCE, all = 0; rows === KEYS_AT_ONCE;) {
      rows = await step('search keys', () => addRecipientKeys(db, KEYS_AT_ONCE));
      all += rows;
      if (rows > 0) print(`search: ${all} recipients of older rows can be found in any spelling`);
    }
  };
  const migrating = async (): Promise<readonly string[]> => {
    const missing = await step('the list of migrations', () => missingOf(db, migrations));
    for (const migration of missing) {
      print(`applying ${migration.name}`);
      await step(migration.name, () => apply(db, migration));
    }
    const rights = await readFile(`${folder}/roles.sql`, 'utf8');
    await step('the rights of roles', () => db.query(rights));
    await addKeys();
    return missing.map(({ name }) => name);
  };
  try {
    await step('the schema', () => makeSchema(db));
    // Only the owner may lock that table; it is kept locked until this transaction ends.
    return await bounded(
      { db: keeper, databaseUrl, what: LOCK_NAME, print, ...waits },
      async () => {
        await keeper.query('lock table safeband.migration_lock in exclusive mode');
        return migrating();
      },
    );
  } finally {
    await Promise.all([db.end(), keeper.end()]);
  }
}
const LOCK_NAME = 'the lock of migrations';

async function open(databaseUrl: string): Promise<pg.Client> {
  const db = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: 5_000,
    application_name: 'safeband migrate',
  });
  db.on('error', () => undefined); // the broken statement throws the same error
  await db.connect();
  return db;
}

type Step = Waits & {
  readonly db: pg.Client;
  readonly databaseUrl: string;
  /** What the transaction does, for people. */
  readonly what: string;
  readonly print: (line: string) => void;
};
const LOCK_NOT_AVAILABLE = '55P03';
const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/**
 * Runs one transaction. While it waits for a lock, it reports the holder every few seconds. A wait
 * that is too long throws an error that names the process to end.
 */
async function bounded<T>(step: Step, work: () => Promise<T>): Promise<T> {
  const { db, databaseUrl, what, print, lockWaitMs, reportMs } = step;
  await db.query(
    `begin; set local statement_timeout = 0; set local lock_timeout = ${lockWaitMs}; ` +
      'set local idle_in_transaction_session_timeout = 0; ' +
      'set local search_path = safeband, pg_temp',
  );
  const { rows } = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
  const pid = rows[0]?.pid ?? 0;
  let holders = '';
  const findHolders = async (): Promise<void> => {
    const found = await holdersOf(databaseUrl, pid);
    holders = found || holders;
    if (found) print(`${what}: waiting for a lock that is held by ${found}`);
  };
  const report = setInterval(() => void findHolders(), reportMs);
  try {
    const result = await work();
    await db.query('commit');
    return result;
  } catch (error) {
    await db.query('rollback').catch(() => undefined); // a lost connection is rolled back anyway
    if (codeOf(error) !== LOCK_NOT_AVAILABLE) throw error;
    holders ||= 'another connection';
    throw new MigrationError(
      `${what}: a lock was not free within ${lockWaitMs / 1_000} s; it is held by ${holders}: end ` +
        'that program, or select pg_terminate_backend(<process>), and run npm run migrate again',
    );
  } finally {
    clearInterval(report);
  }
}

/** Returns which processes keep that process waiting; empty if none does, or if this is unknown. */
async function holdersOf(databaseUrl: string, pid: number): Promise<string> {
  try {
    const db = await open(databaseUrl);
    try {
      const { rows } = await db.query<{ holder: string }>(
        `select format('process %s (user %s, program %s%s)', pid, usename,
                  coalesce(nullif(application_name, ''), 'without a name'),
                  ', in its transaction since ' || to_char(xact_start, 'HH24:MI:SS TZ')) as holder
           from pg_stat_activity where pid = any(pg_blocking_pids($1)) order by pid`,
        [pid],
      );
      return rows.map(({ holder }) => holder).join(', ');
    } finally {
      await db.end();
    }
  } catch {
    return '';
  }
}

const [UNIQUE_VIOLATION, DUPLICATE_SCHEMA, DUPLICATE_TABLE] = ['23505', '42P06', '42P07'];
const INSUFFICIENT_PRIVILEGE = '42501';

/** Makes the schema. If two migrations make it at once, one is refused, and finds it made. */
async function makeSchema(db: pg.Client): Promise<void> {
  await db.query('savepoint making');
  try {
    await db.query('create schema if not exists safeband');
    await db.query(
      `create table if not exists safeband.schema_migrations (
         name text primary key, checksum text not null,
         applied_at timestamptz not null default clock_timestamp())`,
    );
    await db.query('create table if not exists safeband.migration_lock ()');
  } catch (error) {
    const code = codeOf(error);
    if (code !== INSUFFICIENT_PRIVILEGE) await db.query('rollback to making');
    if (code === INSUFFICIENT_PRIVILEGE) throw await mayNotMake(db);
    if (![UNIQUE_VIOLATION, DUPLICATE_SCHEMA, DUPLICATE_TABLE].includes(code)) throw error;
  }
}

/** Returns an error with the fix, if the user who migrates may not make a schema. */
async function mayNotMake(db: pg.Client): Promise<MigrationError> {
  await db.query('rollback to making');
  const { rows } = await db.query<{ cure: string }>(
    `select format('grant create on database %I to %I', current_database(), current_user) as cure`,
  );
  return new MigrationError(
    'DATABASE_URL: its user may not make the schema safeband: ask the database owner to run ' +
      `${rows[0]?.cure}; then run npm run migrate again`,
  );
}

async function missingOf(
  db: pg.Client,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  const { rows } = await db.query<{ name: string; checksum: string }>(
    'select name, checksum from safeband.schema_migrations order by name',
  );
  check(rows, migrations);
  return migrations.filter(({ name }) => !rows.some((row) => row.name === name));
}

function check(
  applied: readonly { name: string; checksum: string }[],
  known: readonly Migration[],
): void {
  for (const { name, checksum } of applied) {
    const own = known.find((migration) => migration.name === name);
    if (!own) {
      throw new MigrationError(
        `the database has ${name}, which this version does not know: it is from a newer version; ` +
          'run that version, or restore an older backup',
      );
    }
    if (own.checksum !== checksum) {
      throw new MigrationError(
        `${name} was applied with other content than this version has: ` +
          'applied files are never edited; restore the file and add a new one',
      );
    }
  }
}

async function apply(db: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await db.query(sql).catch((error: unknown) => {
    if (codeOf(error) === LOCK_NOT_AVAILABLE) throw error;
    const why = errorText(error);
    throw new MigrationError(`${name} failed: ${why}`);
  });
  await db.query('insert into safeband.schema_migrations (name, checksum) values ($1, $2)', [
    name,
    checksum,
  ]);
}
