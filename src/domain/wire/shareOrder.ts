/** How long a link to an account is valid: 7 days by default, 1 hour to 90 days. */
import { HOUR_MS } from '../primitives/time.js';

const HOURS_A_DAY = 24;
/** Whole hours, because an expiry to the second is of no use to people. */
export const SHARE_HOURS = { min: 1, max: 90 * HOURS_A_DAY, default: 7 * HOURS_A_DAY } as const;
export const SHARE_HOURS_WORDS = '1 hour to 90 days, such as 36h or 7d';

/** Reads `36h` or `7d` as hours; undefined for anything else, also for what is out of bounds. */
export function shareHoursIn(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,4})([hd])$/.exec(text.trim().toLowerCase()) ?? [];
  if (count === undefined) return undefined;
  return validHours(Number(count) * (unit === 'd' ? HOURS_A_DAY : 1));
}

/** Returns the hours if a link may be valid for so long. */
export const validHours = (hours: number): number | undefined =>
  Number.isInteger(hours) && hours >= SHARE_HOURS.min && hours <= SHARE_HOURS.max
    ? hours
    : undefined;

/** Returns hours in ms. */
export const lengthOf = (hours: number): number => hours * HOUR_MS;
