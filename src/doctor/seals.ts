/** The seals of the event log: the last one, a month that waits for its seal, comparisons (R29). */
import { counted, when } from '../domain/primitives/clockWords.js';
import { DAY_MS, type Instant } from '../domain/primitives/time.js';
import { readComparisons, type Comparisons } from '../postgres/data/comparisons.js';
import { dueMonth } from '../postgres/data/seal.js';
import { readChain, readDeleted } from '../postgres/data/sealRows.js';
import type { Pool } from '../postgres/pool.js';
import { fail, ok, warn, type Finding } from './finding.js';

/** Days after the end of a month until its missing seal is a problem. */
const LATE_DAYS = 20;
/** The audit compares a month a day: after this time, something keeps it from doing so. */
const COMPARED_MS = 3 * DAY_MS;
const NAME = 'seals';
const HASH_SHOWN = 12;

/** Returns the finding about seals; without a seal, a person has not begun to seal. */
export async function sealFinding(pool: Pool, now: Instant): Promise<Finding> {
  const { month, hash } = await readChain(pool);
  const [deleted, ...more] = await readDeleted(pool);
  if (deleted !== undefined) {
    // The audit would find it only if a worker has the key.
    const others = more.length === 0 ? '' : `, and of ${counted(more.length, 'later month')}`;
    const text = `the seal of ${deleted.slice(0, 7)} was deleted${others}: no month is sealed`;
    return fail(NAME, text, 'safeband verify; then docs/runbook.md, log_altered');
  }
  if (month === null) return ok(NAME, 'no month is sealed (safeband seal, docs/data.md)');
  const compared = await readComparisons(pool);
  const due = await dueMonth(pool, now, LATE_DAYS);
  const isLate = now - (compared.since ?? now) > COMPARED_MS;
  const text = [
    `last ${month.slice(0, 7)}, hash ${hash.slice(0, HASH_SHOWN)}…`,
    ...(due === null ? [] : [unsealedWords(due)]),
    comparedWords(compared, now),
  ].join('; ');
  const cures = [...(due === null ? [] : ['safeband seal']), ...(isLate ? [VERIFY] : [])];
  return cures.length > 0 ? warn(NAME, text, cures.join('; ')) : ok(NAME, text);
}

const unsealedWords = (month: string): string =>
  `${month} ended more than ${LATE_DAYS} days ago and has no seal: rows came late, the month is ` +
  'too large for the audit, or audits take more than five minutes';

const VERIFY =
  'safeband verify; then give all workers the SAFEBAND_ERASURE_KEY of the seals, and read their ' +
  'logs';

function comparedWords({ month, at, tooLarge }: Comparisons, now: Instant): string {
  if (month === null) return 'no month was compared by the audit yet';
  const large = `; ${counted(tooLarge, 'month')} too large for the audit (safeband verify)`;
  return `${month} compared ${when(at, now)}${tooLarge > 0 ? large : ''}`;
}
