/** Reads how long rows are kept (R28). */
import {
  KEPT,
  KEPT_DAYS_MAX,
  SEAL_AFTER,
  type KeptDays,
  type KeptGroup,
  type Retention,
} from '../domain/records/retention.js';
import { shown } from '../domain/primitives/text.js';
import { ConfigError, type Environment } from './environment.js';

const ONLY_EXPORTED = 'SAFEBAND_PRUNE_ONLY_EXPORTED';

/** Reads the settings of the worker whose audit deletes old rows. */
export const retentionFrom = (environment: Environment): Retention => ({
  heartbeats: daysFrom(environment, 'heartbeats'),
  attempts: daysFrom(environment, 'attempts'),
  reservations: daysFrom(environment, 'reservations'),
  alerts: daysFrom(environment, 'alerts'),
  changes: daysFrom(environment, 'changes'),
  onlyExported: onlyExportedFrom(environment),
  sealAfterDays: sealAfterFrom(environment),
});

function daysFrom(environment: Environment, group: KeptGroup): KeptDays {
  const { setting, days, least } = KEPT[group];
  const raw = environment[setting] || String(days);
  if (raw === 'forever') return null;
  const value = Number(raw);
  if (/^\d{1,5}$/.test(raw) && value >= least && value <= KEPT_DAYS_MAX) return value;
  throw new ConfigError(
    `${setting}=${shown(raw)}: it should be a number of days, ${least} to ${KEPT_DAYS_MAX}, ` +
      `or forever; the default is ${days}`,
  );
}

function onlyExportedFrom(environment: Environment): boolean {
  const raw = environment[ONLY_EXPORTED] || 'no';
  if (raw === 'yes' || raw === 'no') return raw === 'yes';
  throw new ConfigError(`${ONLY_EXPORTED}=${shown(raw)}: it should be yes or no`);
}

const SEAL_AFTER_SETTING = 'SAFEBAND_SEAL_AFTER_DAYS';
const ERASURE_KEY = 'SAFEBAND_ERASURE_KEY';

function sealAfterFrom(environment: Environment): number | null {
  const raw = environment[SEAL_AFTER_SETTING] || 'off';
  if (raw === 'off') return null;
  const { least, most } = SEAL_AFTER;
  const days = Number(raw);
  if (!/^\d{1,3}$/.test(raw) || days < least || days > most) {
    throw new ConfigError(
      `${SEAL_AFTER_SETTING}=${shown(raw)}: it should be a number of days, ${least} to ${most}, ` +
        'or off; the default is off',
    );
  }
  if (environment[ERASURE_KEY]?.trim()) return days;
  throw new ConfigError(`${SEAL_AFTER_SETTING}=${days} needs ${ERASURE_KEY}: set the key, too`);
}
