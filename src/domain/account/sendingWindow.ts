/**
 * Sending windows (R11): local wall-clock hours, known here only as UTC intervals that an activity
 * worked out, because zone rules differ between machines and the workflow must not.
 */
import { DAY_MS, type Instant } from '../primitives/time.js';
import { NEXT_SLOTS_MAX, WEEK_DAYS } from '../primitives/limits.js';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** `start` and `end` are `HH:MM`, local; an `end` not after `start` runs over midnight. */
export type SendingWindow = {
  readonly days: readonly Weekday[];
  readonly start: string;
  readonly end: string;
};

/**
 * When the window is open, as far as is known: `[start, end, start, end, …]`, ascending and apart.
 * A flat list of numbers is the smallest thing that JSON and memory can hold.
 */
export type WindowIntervals = {
  readonly bounds: readonly Instant[];
  readonly from: Instant;
  readonly until: Instant;
  /** Edition of the zone rules that this was worked out with. */
  readonly zoneVersion: string;
};

/** Is the window open at that instant; `end` is outside. */
export function isOpenAt({ bounds }: WindowIntervals, at: Instant): boolean {
  return firstAfter(bounds, at) % 2 === 1;
}

/** The first instant from `at` on at which the window is open; undefined beyond what is known. */
export function nextOpening(openings: WindowIntervals, at: Instant): Instant | undefined {
  return isOpenAt(openings, at) ? at : openings.bounds[firstAfter(openings.bounds, at)];
}

/** Index of the first bound later than `at`. */
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
 * Before the first of the next slots may lie: a week and a day until openings are worked out anew,
 * a breaker of 31 days, a week's cap, a week to the window's day, and one that the change of clocks
 * leaves out.
 */
const FIRST_SLOT_WEEKS = 10;

/**
 * How many days ahead the openings must reach, so that 200 next slots can be told.
 * @param slotsPerDay what a day lets through at most, @param slotsPerWeek likewise.
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
/** Each spring may leave out one opening of a weekly window. */
const WEEKS_OF_YEAR = 52;

/** Openings are worked out anew when they reach less far than they should, or are a week old. */
export function isStale(openings: WindowIntervals, at: Instant, days: number): boolean {
  const isShort = openings.until < at + (days - WEEK_DAYS) * DAY_MS;
  return isShort || at >= openings.from + WEEK_DAYS * DAY_MS;
}
