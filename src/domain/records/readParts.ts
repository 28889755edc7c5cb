/**
 * A start reads an account in parts if it is too large for one answer (R13). If a row of the
 * account changes between two parts, the claim of the account fails, and all is read again.
 */
import { bytesOf } from '../primitives/bytes.js';
import { LATER_BYTES_MAX, READ_BACK_BYTES_MAX } from '../primitives/limits.js';
import type { Later, ReadBack, ReadPart } from './snapshot.js';

/** Returns all of it if it fits one answer, else the first part and the names of the others. */
export function firstOf(found: ReadBack): ReadBack {
  const whole = found.later ? { ...found, later: bounded(found.later) } : found;
  if (bytesOf(whole) <= READ_BACK_BYTES_MAX) return whole;
  const { leftOut: _, lastRun: __, waiting: ___, ...rest } = whole;
  return { ...rest, events: [], left: ['log', 'run', 'line'] };
}

/** Returns one part alone. */
export function partOf(found: ReadBack, part: ReadPart): ReadBack {
  const nothing = { account: null, highestNumber: 0, reservations: [], attempts: [], days: [] };
  const { events, leftOut, lastRun = null } = found;
  if (part === 'run') return { ...nothing, events: [], lastRun };
  if (part === 'line') return { ...nothing, events: [], waiting: found.waiting ?? [] };
  return { ...nothing, events, ...(leftOut ? { leftOut } : {}) };
}

/** Returns the first answer, completed by a part. */
export function joined(first: ReadBack, more: ReadBack, part: ReadPart): ReadBack {
  if (part === 'run') return { ...first, lastRun: more.lastRun ?? null };
  if (part === 'line') return { ...first, waiting: more.waiting ?? [] };
  return { ...first, events: more.events, ...(more.leftOut ? { leftOut: more.leftOut } : {}) };
}

/** Limits the rows of a lost task that are read: a row beyond it may be written a second time. */
function bounded(later: Later): Later {
  let bytes = 0;
  const isRoom = (one: unknown): boolean => (bytes += bytesOf(one) + 1) <= LATER_BYTES_MAX;
  const changes = later.changes.filter(isRoom);
  return { changes, alerts: later.alerts.filter(isRoom) };
}
