/** Numbers and times for people. The server writes UTC; the script of the page adds local time. */
import { isoInstant, type Instant } from '../../../domain/primitives/time.js';

export { dateOf, duration } from '../../../domain/primitives/timeWords.js';

export const timeOf = (at: Instant): string => isoInstant(at).slice(11, 19);
export const minuteOf = (at: Instant): string => isoInstant(at).slice(11, 16);

/** `1 InMail`, `2 InMails`. */
export const many = (count: number, one: string, more = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

export const whole = (count: number): string => count.toLocaleString('en');
