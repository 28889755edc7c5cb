/**
 * What a start reads of an account comes in parts where it is too large for one answer (R13). Parts
 * are read one after the other: a row of the account that moves in between makes its claim fail,
 * and all is read again.
 */
import { bytesOf } from '../primitives/bytes.js';
import { LATER_BYTES_MAX, READ_BACK_BYTES_MAX } from '../primitives/limits.js';
import type { Later, ReadBack, ReadPart } from './snapshot.js';

/** Returns all of it, or of too much what is not in the parts that are left. */
export function firstOf(found: ReadBack): ReadBack {
  const whole = found.later ? { ...found, later: bounded(found.later) } : found;
  if (bytesOf(whole) <= READ_BACK_BYTES_MAX) return whole;
  const { leftOut: _, lastRun: __, ...rest } = whole;
  return { ...rest, events: [], left: ['log', 'run'] };
}

/** Returns one part, with nothing else in it. */
export function partOf(found: ReadBack, part: ReadPart): ReadBack {
  const nothing = { account: null, highestNumber: 0, reservations: [], attempts: [], days: [] };
  const { events, leftOut, lastRun = null } = found;
  if (part === 'run') return { ...nothing, events: [], lastRun };
  return { ...nothing, events, ...(leftOut ? { leftOut } : {}) };
}

/** Returns the first answer with the part that was left. */
export function joined(first: ReadBack, more: ReadBack, part: ReadPart): ReadBack {
  if (part === 'run') return { ...first, lastRun: more.lastRun ?? null };
  return { ...first, events: more.events, ...(more.leftOut ? { leftOut: more.leftOut } : {}) };
}

/** Of what a lost task wrote, so much is looked at: what is cut is at most told a second time. */
function bounded(later: Later): Later {
  let bytes = 0;
  const isRoom = (one: unknown): boolean => (bytes += bytesOf(one) + 1) <= LATER_BYTES_MAX;
  const changes = later.changes.filter(isRoom);
  return { changes, alerts: later.alerts.filter(isRoom) };
}
