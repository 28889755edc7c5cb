/**
 * Sending windows (R11): local hours, known here only as UTC intervals that an activity computed.
 * Zone rules differ between machines, and a replay must not.
 */
import { DAY_MS, type Instant } from '../primitives/time.js';
import { NEXT_SLOTS_MAX, WEEK_DAYS } from '../primitives/limits.js';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Local days and hours. `start` and `end` are `HH:MM`; an `end` not after `start` is next day. */
export type SendingWindow = {
  readonly days: readonly Weekday[];
  readonly start: string;
  readonly end: string;
};

/**
 * When the window is open: `[start, end, start, end, …]`, ascending, without overlaps. A flat
 * list of numbers takes the least memory and JSON.
 */
export type WindowIntervals = {
  readonly bounds: readonly Instant[];
  readonly from: Instant;
  readonly until: Instant;
  /** The version of the zone rules that the intervals were computed with. */
  readonly zoneVersion: string;
};

/** True if the window is open at that instant; its `end` is outside. */
export function isOpenAt({ bounds }: WindowIntervals, at: Instant): boolean {
  return firstAfter(bounds, at) % 2 === 1;
}

/** Returns the first instant from `at` on with an open window; undefined after all intervals. */
export function nextOpening(openings: WindowIntervals, at: Instant): Instant | undefined {
  return isOpenAt(openings, at) ? at : nextBound(openings, at);
}

/** Returns when the window opens or closes next after `at`; undefined after all intervals. */
export const nextBound = ({ bounds }: WindowIntervals, at: Instant): Instant | undefined =>
  bounds[firstAfter(bounds, at)];

/** Returns the index of the first bound later than `at`. */
function firstAfter(bounds: readonly Instant[], at: Instant): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Maximum weeks until the first of the next slots: a week and a day until the intervals are
 * computed again, a breaker of 31 days, a used weekly cap, a week to the window's day, and a week
 * whose interval the change of clocks removes.
 */
const FIRST_SLOT_WEEKS = 10;

/**
 * Returns how many days ahead the intervals must reach, so that a query can list 200 next slots.
 * @param slotsPerDay the maximum of a day, @param slotsPerWeek the maximum of a week.
 */
export function horizonDays(
  window: SendingWindow,
  slotsPerDay: number,
  slotsPerWeek: number,
): number {
  const perWeek = Math.max(1, Math.min(slotsPerWeek, slotsPerDay * window.days.length));
  const weeks = Math.ceil(NEXT_SLOTS_MAX / perWeek);
  const leftOut = Math.ceil(weeks / WEEKS_OF_YEAR);
  return (FIRST_SLOT_WEEKS + weeks + leftOut) * WEEK_DAYS;
}
/** The change of clocks in spring may remove one interval a year of a weekly window. */
const WEEKS_OF_YEAR = 52;

/** True if the intervals must be computed again: they end too early, or are a week old. */
export function isStale(openings: WindowIntervals, at: Instant, days: number): boolean {
  const isShort = openings.until < at + (days - WEEK_DAYS) * DAY_MS;
  return isShort || at >= openings.from + WEEK_DAYS * DAY_MS;
}
