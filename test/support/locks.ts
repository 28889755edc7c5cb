/** Locks of another session of Postgres, such as a migration or a person. */
import pg from 'pg';

export type Lock = { readonly release: () => Promise<void> };

/** Takes the locks of that statement, and holds them until they are released. */
export async function lock(databaseUrl: string, sql: string): Promise<Lock> {
  const db = new pg.Client({ connectionString: databaseUrl });
  await db.connect();
  await db.query('begin');
  await db.query(sql);
  return {
    release: async () => {
      await db.query('rollback');
      await db.end();
    },
  };
}

export const lockRow = (databaseUrl: string, accountId: string): Promise<Lock> =>
  lock(databaseUrl, `select from safeband.accounts where account_id = '${accountId}' for update`);

export const lockTable = (databaseUrl: string, table: string): Promise<Lock> =>
  lock(databaseUrl, `lock table safeband.${table} in access exclusive mode`);

/** Returns how many sessions of this database wait for a lock. */
export async function waiting(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query(
    `select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}
