/** A link to an account: valid for 7 days, or 1 hour to 90 days; with a label for operators. */
import { cleaned, PLAIN_TEXT_PATTERN } from '../primitives/text.js';
import { HOUR_MS } from '../primitives/time.js';
import { textRule, valueBy } from './values.js';

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

/** Maximum characters of a label: it is shown in one line of a list. */
const LABEL_MAX = 80;
const PLAIN_TEXT = new RegExp(PLAIN_TEXT_PATTERN, 'u');
const LABEL_WORDS = `text of 1 to ${LABEL_MAX} characters, without line breaks`;

/** Reads what operators call a link, such as `ticket 4711`. The person who opens it never sees it. */
export const shareLabel = valueBy(textRule(LABEL_MAX), (raw) => {
  const text = typeof raw === 'string' ? raw.trim() : '';
  const isLabel = text.length <= LABEL_MAX && PLAIN_TEXT.test(text) && cleaned(text) === text;
  return isLabel ? { value: text } : { shouldBe: LABEL_WORDS };
});
