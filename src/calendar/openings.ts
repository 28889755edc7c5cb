/**
 * When a sending window is open, as UTC intervals (R11): the instants whose local wall-clock time
 * lies in it. So a window that begins at a local time that does not exist begins at the next local
 * time that exists. A local time that exists twice counts both times. Neither needs a special case.
 */
import { IANAZone } from 'luxon';
import { DAY_MS, HOUR_MS, MINUTE_MS, type Instant } from '../domain/primitives/time.js';
import {
  WEEKDAYS,
  type WindowIntervals,
  type SendingWindow,
} from '../domain/account/sendingWindow.js';

export type ExpandAsk = {
  readonly window: SendingWindow;
  readonly timezone: string;
  readonly from: Instant;
  readonly days: number;
};
/** A stretch of time in which local time is UTC plus a constant. */
type Stretch = { readonly start: Instant; readonly end: Instant; readonly offsetMs: number };
type Interval = readonly [start: Instant, end: Instant];

/** No zone changes its offset twice within this time. Reading an offset costs microseconds. */
const STEP_MS = DAY_MS;
/** 1970-01-01 was a Thursday. */
const WEEKDAY_OF_DAY_0 = 3;

/** Returns the intervals; undefined for a time zone that this machine does not know. */
export function windowIntervals({
  window,
  timezone,
  from,
  days,
}: ExpandAsk): WindowIntervals | undefined {
  const zone = IANAZone.create(timezone);
  if (!zone.isValid) return undefined;
  const until = from + days * DAY_MS;
  const bounds: number[] = [];
  for (const stretch of stretchesOf(zone, from, until)) {
    for (const [start, end] of openIn(window, stretch)) {
      if (bounds.at(-1) === start) bounds[bounds.length - 1] = end;
      else bounds.push(start, end);
    }
  }
  return { bounds, from, until, zoneVersion: process.versions['tz'] ?? 'unknown' };
}

/** Returns how far local time is ahead of UTC, in ms; 0 for a zone that this machine lacks. */
export function offsetIn(timezone: string): (at: Instant) => number {
  const zone = IANAZone.create(timezone);
  return (at) => (zone.isValid ? zone.offset(at) * MINUTE_MS : 0);
}

function* stretchesOf(zone: IANAZone, from: Instant, until: Instant): Generator<Stretch> {
  const offsetAt = (at: Instant): number => zone.offset(at) * MINUTE_MS;
  let start = from;
  let offsetMs = offsetAt(from);
  for (let at = from; at < until;) {
    const next = Math.min(at + STEP_MS, until);
    const nextMs = offsetAt(next);
    if (nextMs !== offsetMs) {
      const change = changeBetween(offsetAt, at, next);
      yield { start, end: change, offsetMs };
      start = change;
      offsetMs = nextMs;
    }
    at = next;
  }
  if (start < until) yield { start, end: until, offsetMs };
}

/** Returns the first instant with the new offset. */
function changeBetween(
  offsetAt: (at: Instant) => number,
  before: Instant,
  after: Instant,
): Instant {
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === offsetAt(before)) low = middle;
    else high = middle;
  }
  return high;
}

function* openIn(window: SendingWindow, { start, end, offsetMs }: Stretch): Generator<Interval> {
  const opens = timeOf(window.start);
  const closes = timeOf(window.end);
  const length = closes > opens ? closes - opens : closes - opens + DAY_MS;
  const firstDay = Math.floor((start + offsetMs) / DAY_MS) - 1;
  const lastDay = Math.floor((end + offsetMs) / DAY_MS);
  for (let day = firstDay; day <= lastDay; day += 1) {
    const weekday = WEEKDAYS[(day + WEEKDAY_OF_DAY_0) % 7];
    if (weekday === undefined || !window.days.includes(weekday)) continue;
    const opening = day * DAY_MS + opens - offsetMs;
    const clipped: Interval = [Math.max(start, opening), Math.min(end, opening + length)];
    if (clipped[0] < clipped[1]) yield clipped;
  }
}

/** Reads `09:30` as ms after local midnight. */
function timeOf(text: string): number {
  const [hours, minutes] = text.split(':').map(Number);
  return (hours ?? 0) * HOUR_MS + (minutes ?? 0) * MINUTE_MS;
}
