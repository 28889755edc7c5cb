/** Reads for the doctor. Each function is one statement that changes nothing. */
import type { Instant } from '../../domain/primitives/time.js';
import { migrationsIn } from '../migrate.js';
import { rowsOf, type Queryable } from '../pool.js';
import { FOUND, type AuditFound } from '../read/auditFound.js';

/** The roles of `migrations/roles.sql`. */
export const DATABASE_ROLES = [
  'safeband_worker',
  'safeband_pipeline',
  'safeband_reader',
  'safeband_server',
];

export type Server = {
  readonly version: string;
  /** Such as 180004. */
  readonly number: number;
  readonly now: Instant;
  readonly user: string;
  /** The schema exists, and this user may use it. */
  readonly mayUse: boolean;
  /** Our roles that exist in the cluster. */
  readonly roles: readonly string[];
};

export async function readServer(db: Queryable): Promise<Server | undefined> {
  const [server] = await rowsOf<Server>(
    db,
    `select jsonb_build_object('version', current_setting('server_version'),
       'number', current_setting('server_version_num')::int,
       'now', floor(extract(epoch from clock_timestamp()) * 1000)::bigint, 'user', current_user,
       'mayUse', coalesce((select has_schema_privilege(oid, 'usage') from pg_namespace
          where nspname = 'safeband'), false),
       'roles', (select coalesce(jsonb_agg(rolname order by rolname), '[]') from pg_roles
          where rolname = any($1))) as row`,
    [DATABASE_ROLES],
  );
  return server;
}

export type SchemaState = {
  /** Files of this version that were not applied, in order. */
  readonly missing: readonly string[];
  /** Applied files that this version does not know: the database is from a newer one. */
  readonly newer: readonly string[];
  /** Applied with other content than this version has. */
  readonly changed: readonly string[];
  readonly last: string;
};

/** Compares what was applied with the files of this version. */
export async function readSchema(db: Queryable): Promise<SchemaState> {
  const known = await migrationsIn();
  const { rows } = await db.query<{ name: string; checksum: string }>(
    'select name, checksum from safeband.schema_migrations order by name',
  );
  const applied = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  return {
    missing: known.filter(({ name }) => !applied.has(name)).map(({ name }) => name),
    newer: [...applied.keys()].filter((name) => !known.some((one) => one.name === name)),
    changed: known
      .filter(({ name, checksum }) => applied.has(name) && applied.get(name) !== checksum)
      .map(({ name }) => name),
    last: known.at(-1)?.name ?? '',
  };
}

export type Vitals = {
  readonly connected: number;
  /** The heartbeat of the last audit; null: there was none. */
  readonly audit: { readonly at: Instant; readonly found: AuditFound } | null;
  /** Age of the database's first migration, by the database's clock. */
  readonly ageMs: number;
  /** The time of the last reconcile of any account. */
  readonly ranAt: Instant | null;
  /** Connected and hot accounts whose last reconcile is too long ago. */
  readonly overdue: readonly string[];
  readonly alerts: { readonly critical: number; readonly warning: number; readonly info: number };
  /** How far the database's clock was ahead of the workflows' in the last day, at least. */
  readonly skewMs: number | null;
};

/**
 * Reads the accounts' health as of `at`; `overdueMs`: how long a hot account may wait for a
 * reconcile.
 */
export async function readVitals(
  db: Queryable,
  { at, overdueMs }: { readonly at: Instant; readonly overdueMs: number },
): Promise<Vitals | undefined> {
  const [vitals] = await rowsOf<Vitals>(
    db,
    `select jsonb_build_object(
       'connected', (select count(*) from safeband.accounts where state <> 'disconnected'),
       'audit', (select jsonb_build_object('at', safeband.ms_of(ran_at), 'found', ${FOUND})
          from safeband.reconciler_runs where scope = 'fleet' order by ran_at desc limit 1),
       'ageMs', (select extract(epoch from clock_timestamp() - min(applied_at)) * 1000
          from safeband.schema_migrations),
       'ranAt', (select safeband.ms_of(max(last_checked_at)) from safeband.accounts),
       'overdue', (select coalesce(jsonb_agg(account_id), '[]') from (
          select account_id from safeband.accounts
           where state <> 'disconnected' and hot_since is not null
             and greatest(hot_since, last_checked_at) < safeband.at_ms($1 - $2::bigint)
           order by account_id limit 20) silent),
       'alerts', (select jsonb_build_object(
            'critical', count(*) filter (where severity = 'critical'),
            'warning', count(*) filter (where severity = 'warning'),
            'info', count(*) filter (where severity = 'info'))
          from safeband.alerts where resolved_at is null),
       'skewMs', (select min(safeband.ms_of(recorded_at) - safeband.ms_of(ran_at) - duration_ms)
          from (select * from safeband.reconciler_runs
                 where scope = 'fleet' and ran_at > safeband.at_ms($1) - interval '1 day'
                 order by ran_at desc limit 20) runs)) as row`,
    [at, overdueMs],
  );
  return vitals;
}

const NOT_ALLOWED = '42501';

/** Counts the valid keys; null if this user may not read them, as most roles may not. */
export const readKeyCount = (db: Queryable): Promise<number | null> =>
  ifAllowed(async () => {
    const [count] = await rowsOf<number>(
      db,
      `select to_jsonb(count(*)) as row from safeband.api_keys where revoked_at is null`,
      [],
    );
    return count ?? 0;
  });

export type ErasureKeys = {
  /** Erasures by the id of their key. */
  readonly erasures: { readonly [keyId: string]: number };
  /** The id of the key of the worker of the last audit, or `none`; null: it is not known. */
  readonly ofWorker: string | null;
};

/** Reads with which keys people were erased (R29); null if this user may not read that. */
export const readErasureKeys = (db: Queryable): Promise<ErasureKeys | null> =>
  ifAllowed(async () => {
    const [keys] = await rowsOf<ErasureKeys>(
      db,
      `select jsonb_build_object(
         'erasures', (select coalesce(jsonb_object_agg(id, count), '{}') from (
            select split_part(hash, ':', 2) as id, count(*) from safeband.erasures group by 1) k),
         'ofWorker', (select explanation->>'erasureKey' from safeband.reconciler_runs
             where scope = 'fleet' order by ran_at desc limit 1)) as row`,
      [],
    );
    return keys ?? null;
  });

async function ifAllowed<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === NOT_ALLOWED) return null;
    throw error;
  }
}
