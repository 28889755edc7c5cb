/**
 * Temporal and Postgres, opened when a command first needs them and closed at its end. Large
 * modules are loaded only then, so that `--help` and completion answer at once.
 */
import type { SafebandClient } from '../client/index.js';
import {
  databaseUrlFrom,
  directUrlFrom,
  httpFrom,
  publicUrlFrom,
  type HttpConfig,
} from '../platform/config.js';
import { HOUR_MS, type Instant } from '../domain/primitives/time.js';
import { createPool, type Pool } from '../postgres/pool.js';
import { usage } from './errors.js';
import type { Io } from './io.js';
import { showSafely, shownClient, shownIn } from './safe.js';
import { byKeySource } from './source/byKey.js';
import { directSource } from './source/direct.js';
import { httpOf } from './source/http.js';
import { keyAccessFrom } from './source/keyAccess.js';
import type { Source } from './source/source.js';
import type { Temporal } from './temporal.js';
import type { Environment } from '../platform/environment.js';

const CONNECTIONS = 2;

export type World = {
  readonly pool: () => Pool;
  /** Postgres for large files and changes: no value is made safe to print, and reads take long. */
  readonly exactPool: () => Pool;
  readonly hasDatabase: () => boolean;
  readonly temporal: () => Promise<Temporal>;
  /** What commands read and order: by Postgres and Temporal, or by HTTP with an API key. */
  readonly source: () => Source;
  readonly client: () => Promise<SafebandClient>;
  readonly close: () => Promise<void>;
};

/**
 * Creates the connections. With `isJson` the data is not made safe for a terminal: JSON escapes it.
 */
export function worldOf(io: Io, isJson: boolean, now: () => Instant): World {
  let pool: Pool | undefined;
  let exact: Pool | undefined;
  let temporal: Promise<Temporal> | undefined;
  const reach = (): Promise<Temporal> =>
    (temporal ??= import('./temporal.js').then(async ({ reachTemporal }) => {
      const reached = await reachTemporal(io.env, io);
      return isJson ? reached : { ...reached, safeband: shownClient(reached.safeband) };
    }));
  const open = (): Pool => {
    const opened = createPool(needed(io.env), CONNECTIONS);
    return isJson ? opened : showSafely(opened);
  };
  const byKey = (): Source | undefined => {
    const access = keyAccessFrom(io.env);
    return access && byKeySource(httpOf(access, io.signal, isJson ? (one) => one : shownIn));
  };
  const reached = {
    hasDatabase: () => databaseUrlFrom(io.env) !== undefined,
    pool: () => (pool ??= open()),
    exactPool: () => (exact ??= createPool(needed(io.env), CONNECTIONS, 'session', HOUR_MS)),
    temporal: reach,
    client: async () => (await reach()).safeband,
    publicUrl: () => publicUrlFrom(io.env) ?? addressOf(httpFrom(io.env)),
  };
  let source: Source | undefined;
  return {
    ...reached,
    source: () => (source ??= byKey() ?? directSource(reached, now)),
    close: async () => {
      await pool?.end();
      await exact?.end();
      await temporal?.then(({ close }) => close()).catch(() => undefined);
    },
  };
}

const addressOf = ({ host, port }: HttpConfig): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

function needed(env: Environment): string {
  const url = directUrlFrom(env) ?? databaseUrlFrom(env);
  if (url !== undefined) return url;
  throw usage(
    'DATABASE_URL is not set, and no development stack is running ' +
      '(with an API key alone, set SAFEBAND_URL and SAFEBAND_KEY)',
    'safeband dev',
  );
}
