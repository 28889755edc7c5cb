/** The seals of the event log: the last one, and a month that waits for its seal (R29). */
import type { Instant } from '../domain/primitives/time.js';
import { dueMonth } from '../postgres/data/seal.js';
import { readChain } from '../postgres/data/sealRows.js';
import type { Pool } from '../postgres/pool.js';
import { ok, warn, type Finding } from './finding.js';

/** Days after the end of a month until its missing seal is a problem. */
const LATE_DAYS = 20;
const NAME = 'seals';
const HASH_SHOWN = 12;

/** Returns the finding about seals; without a seal, a person has not begun to seal. */
export async function sealFinding(pool: Pool, now: Instant): Promise<Finding> {
  const { month, hash } = await readChain(pool);
  if (month === null) return ok(NAME, 'no month is sealed (safeband seal, docs/data.md)');
  const last = `last ${month.slice(0, 7)}, hash ${hash.slice(0, HASH_SHOWN)}…`;
  const due = await dueMonth(pool, now, LATE_DAYS);
  if (due === null) return ok(NAME, last);
  const text =
    `${last}; ${due} ended more than ${LATE_DAYS} days ago and has no seal: rows came late, or ` +
    'the month is too large for the audit';
  return warn(NAME, text, 'safeband seal');
}
