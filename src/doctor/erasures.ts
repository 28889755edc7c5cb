/** The key of erasures: a worker without it does not know erased recipients (R29). */
import { counted } from '../domain/primitives/clockWords.js';
import { NO_ERASURE_KEY } from '../postgres/data/erased.js';
import type { ErasureKeys } from '../postgres/operations/vitals.js';
import { ok, warn, type Finding } from './finding.js';

const NAME = 'erasures';
const CURE = 'give all workers and servers the SAFEBAND_ERASURE_KEY of the erasures (docs/data.md)';

/** Returns the finding about the keys of erasures; null: this user may not read them. */
export function erasureFinding(keys: ErasureKeys | null): Finding {
  if (keys === null) return ok(NAME, 'not visible to this database user');
  const { erasures, ofWorker } = keys;
  const all = Object.entries(erasures);
  if (all.length === 0) return ok(NAME, 'no person was erased');
  const words = all.map(([id, count]) => `${counted(count, 'erasure')} with the key ${id}`);
  const text = words.join(', ');
  if (ofWorker === null) return ok(NAME, text);
  if (all.every(([id]) => id === ofWorker)) return ok(NAME, `${text}, which the worker has`);
  const own = ofWorker === NO_ERASURE_KEY ? 'no key' : `the key ${ofWorker}`;
  return warn(NAME, `${text}, and the worker of the last audit has ${own}`, CURE);
}
