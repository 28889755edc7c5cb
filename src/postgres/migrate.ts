/**
 * Brings a database to this version: plain SQL, forward only, each file once, one at a time; and
 * the roles' rights (`roles.sql`) after it, each time.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/** Any constant: two migrations of one database at once wait for each other. */
const LOCK = 7_239_114_605;

export type Migration = { readonly name: string; readonly sql: string; readonly checksum: string };

/** Why a database cannot be brought to this version, and what to do about it. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

const FOLDER = fileURLToPath(new URL('../../migrations', import.meta.url));

/** The names of this version's migrations, in order. */
export const knownMigrations = async (): Promise<readonly string[]> =>
  (await migrationsIn()).map(({ name }) => name);

/** The files of `migrations/`, in order. */
export async function migrationsIn(folder = FOLDER): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_.+\.sql$/.test(name)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${folder}/${name}`, 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** Gives each role what `roles.sql` says, and nothing else; what it could not do, it tells. */
async function giveRights(
  db: pg.Client,
  folder: string,
  say: (line: string) => void,
): Promise<void> {
  const sql = await readFile(`${folder}/roles.sql`, 'utf8');
  const tell = ({ message }: { message?: string | undefined }): void => say(message ?? '');
  db.on('notice', tell);
  await db.query(sql); // one text of several statements is one transaction
  db.off('notice', tell);
}

/**
 * Applies what is missing, each file in a transaction of its own, under an advisory lock.
 * Returns the names that were applied. Refuses a database from a newer version, and one whose
 * applied files differ from ours.
 */
export async function migrate(
  databaseUrl: string,
  say: (line: string) => void = () => undefined,
  folder = FOLDER,
): Promise<readonly string[]> {
  const migrations = await migrationsIn(folder);
  const db = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  db.on('error', () => undefined); // the statement that it broke says so
  await db.connect();
  try {
    await db.query('select pg_advisory_lock($1)', [LOCK]);
    await db.query('create schema if not exists safeband');
    await db.query(
      `create table if not exists safeband.schema_migrations (
         name text primary key, checksum text not null,
         applied_at timestamptz not null default clock_timestamp())`,
    );
    const { rows } = await db.query<{ name: string; checksum: string }>(
      'select name, checksum from safeband.schema_migrations order by name',
    );
    check(rows, migrations);
    const missing = migrations.filter(({ name }) => !rows.some((row) => row.name === name));
    for (const migration of missing) await apply(db, migration, say);
    await giveRights(db, folder, say);
    return missing.map(({ name }) => name);
  } finally {
    await db.end();
  }
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

async function apply(
  db: pg.Client,
  { name, sql, checksum }: Migration,
  say: (line: string) => void,
): Promise<void> {
  say(`applying ${name}`);
  await db.query('begin');
  try {
    await db.query(sql);
    await db.query('insert into safeband.schema_migrations (name, checksum) values ($1, $2)', [
      name,
      checksum,
    ]);
    await db.query('commit');
  } catch (error) {
    await db.query('rollback');
    throw new MigrationError(
      `${name} failed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
