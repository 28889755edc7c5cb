/** Instants, ages and counts in the words of commands and of the doctor: always in UTC. */
import {
  DAY_MS,
  dayOf,
  HOUR_MS,
  isoDay,
  isoInstant,
  MINUTE_MS,
  SECOND_MS,
  type Instant,
} from './time.js';

/** `14:03:07` today, `2026-11-23 14:03:07` on another day; UTC. */
export function clock(at: Instant | null, now: Instant): string {
  if (at === null) return '-';
  const iso = isoInstant(at);
  const time = iso.slice(11, 19);
  return dayOf(at) === dayOf(now) ? time : `${isoDay(dayOf(at))} ${time}`;
}

/** `40 s`, `12 min`, `3 h 5 min`, `2 days`. */
export function span(ms: number): string {
  const size = Math.abs(ms);
  if (size < SECOND_MS) return `${Math.round(size)} ms`;
  if (size < MINUTE_MS) return `${Math.round(size / SECOND_MS)} s`;
  if (size < HOUR_MS) return `${Math.round(size / MINUTE_MS)} min`;
  if (size < 2 * DAY_MS) {
    const minutes = Math.round((size % HOUR_MS) / MINUTE_MS) % 60;
    return `${Math.floor(size / HOUR_MS)} h${minutes === 0 ? '' : ` ${minutes} min`}`;
  }
  return `${Math.round(size / DAY_MS)} days`;
}

/** `4 min ago`, `in 6 min`. */
export const away = (at: Instant, now: Instant): string =>
  at <= now ? `${span(now - at)} ago` : `in ${span(at - now)}`;

/** The time of day, and how far it is from now. */
export const when = (at: Instant | null, now: Instant): string =>
  at === null ? 'never' : `${clock(at, now)} UTC (${away(at, now)})`;

/** `1 account`, `3 accounts`. */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`;
