/** Reads the settings that depend on the size of the fleet and of its machines (docs/sizing.md). */
import {
  MIDNIGHT_SPREAD_MAX_MS,
  MIDNIGHT_SPREAD_MIN_MS,
  MIDNIGHT_SPREAD_MS,
} from '../domain/primitives/midnight.js';
import { RESTARTS_MAX } from '../domain/primitives/limits.js';
import { shown } from '../domain/primitives/text.js';
import { SECOND_MS } from '../domain/primitives/time.js';
import { ConfigError, type Environment } from './environment.js';

/** A setting that is a whole number. */
type Size = {
  readonly setting: string;
  readonly unit: string;
  readonly usual: number;
  readonly min: number;
  readonly max: number;
};

const seconds = (ms: number): number => ms / SECOND_MS;

const SIZES = {
  /** Accounts that a worker keeps in memory between messages; the others are replayed. */
  cachedAccounts: {
    setting: 'SAFEBAND_CACHED_ACCOUNTS',
    unit: 'accounts',
    usual: 2_000,
    min: 10,
    max: 100_000,
  },
  /** Seconds after midnight UTC over which idle accounts spread their resets (R7). */
  midnightSpreadSeconds: {
    setting: 'SAFEBAND_MIDNIGHT_SPREAD_SECONDS',
    unit: 'seconds',
    usual: seconds(MIDNIGHT_SPREAD_MS),
    min: seconds(MIDNIGHT_SPREAD_MIN_MS),
    max: seconds(MIDNIGHT_SPREAD_MAX_MS),
  },
  /** Connections to Postgres that a process has at most. */
  connections: {
    setting: 'SAFEBAND_DATABASE_CONNECTIONS',
    unit: 'connections',
    usual: 10,
    min: 2,
    max: 200,
  },
  /** How long one statement may take. Statements of a message have shorter limits of their own. */
  statementSeconds: {
    setting: 'SAFEBAND_STATEMENT_SECONDS',
    unit: 'seconds',
    usual: 8,
    min: 2,
    max: 120,
  },
  /** Accounts that one audit wakes at most; the next audit finds the others again (R8). */
  auditWakes: {
    setting: 'SAFEBAND_AUDIT_WAKES',
    unit: 'accounts',
    usual: 5_000,
    min: 10,
    max: 100_000,
  },
  /** Accounts whose failed run one audit ends and starts again at most (R8). */
  auditRestarts: {
    setting: 'SAFEBAND_AUDIT_RESTARTS',
    unit: 'accounts',
    usual: RESTARTS_MAX,
    min: 0,
    max: 1_000,
  },
} as const satisfies Record<string, Size>;

export type Sizes = { readonly [name in keyof typeof SIZES]: number };

/** Reads all sizes. Throws a ConfigError that names the setting, its unit and its limits. */
export function sizesFrom(environment: Environment): Sizes {
  const read = ({ setting, unit, usual, min, max }: Size): number => {
    const raw = environment[setting] || String(usual);
    const value = Number(raw);
    if (/^\d{1,6}$/.test(raw) && value >= min && value <= max) return value;
    throw new ConfigError(
      `${setting}=${shown(raw)}: it should be a whole number of ${unit}, ${min} to ${max}`,
    );
  };
  return {
    cachedAccounts: read(SIZES.cachedAccounts),
    midnightSpreadSeconds: read(SIZES.midnightSpreadSeconds),
    connections: read(SIZES.connections),
    statementSeconds: read(SIZES.statementSeconds),
    auditWakes: read(SIZES.auditWakes),
    auditRestarts: read(SIZES.auditRestarts),
  };
}

/** The sizes of a process without such settings. */
export const USUAL_SIZES: Sizes = sizesFrom({});
