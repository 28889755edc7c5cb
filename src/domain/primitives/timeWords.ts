/** Lengths of time and dates in words, the same on page and command line. */
import { DAY_MS, HOUR_MS, isoInstant, MINUTE_MS, SECOND_MS, type Instant } from './time.js';

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `2 h 05 min`, `4 min 09 s`, `12 s`, `3 days`: the two units that matter. */
export function duration(ms: number): string {
  const left = Math.max(0, ms);
  const pad = (n: number): string => String(n).padStart(2, '0');
  const seconds = Math.floor(left / SECOND_MS) % 60;
  const minutes = Math.floor(left / MINUTE_MS) % 60;
  const hours = Math.floor(left / HOUR_MS);
  if (left >= 2 * DAY_MS) return `${Math.floor(left / DAY_MS)} days`;
  if (hours > 0) return `${hours} h ${pad(minutes)} min`;
  if (minutes > 0) return `${minutes} min ${pad(seconds)} s`;
  return `${seconds} s`;
}

/** Returns the date of an instant: `24 Nov`. */
export const dateOf = (at: Instant): string => {
  const iso = isoInstant(at);
  return `${Number(iso.slice(8, 10))} ${MONTHS[Number(iso.slice(5, 7)) - 1] ?? ''}`;
};
