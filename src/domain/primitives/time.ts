/**
 * Time as numbers: an `Instant` is milliseconds since 1970 in UTC, a `UtcDay` is whole days since
 * then. Nothing here reads a clock or knows a time zone.
 */
export type Instant = number;
export type UtcDay = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const dayOf = (at: Instant): UtcDay => Math.floor(at / DAY_MS);
/** Returns 00:00:00.000 UTC of the day. */
export const startOf = (day: UtcDay): Instant => day * DAY_MS;

/** `2026-11-23T18:20:36.000Z`. */
export const isoInstant = (at: Instant): string => new Date(at).toISOString();
export const isoOrNull = (at: Instant | null): string | null =>
  at === null ? null : isoInstant(at);
/** `2026-11-23`. */
export const isoDay = (day: UtcDay): string => isoInstant(startOf(day)).slice(0, 10);

/** Maximum hours between a zone and UTC. */
const OFFSET_HOURS_MAX = 14;
const DATE_PATTERN = '(\\d{4})-(\\d\\d)-(\\d\\d)';
const TIME_PATTERN = '(\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d{1,9}))?)?';
const OFFSET_PATTERN = '(?:[Zz]|([+-])(\\d\\d)(?::?(\\d\\d))?)';
/**
 * The form of an instant as programs write it, also for a JSON Schema: with an offset (`Z`,
 * `+01:00`, `+0100`, `+01`), with a `T`, a `t` or a blank. Seconds are optional, because Java does
 * not write them if they are zero.
 */
export const INSTANT_PATTERN = `^${DATE_PATTERN}[Tt ]${TIME_PATTERN}${OFFSET_PATTERN}$`;
const INSTANT = new RegExp(INSTANT_PATTERN);
export const INSTANT_WORDS = 'an instant such as 2026-11-23T18:20:36.000Z';

/** Reads an ISO 8601 instant with its offset; undefined for anything else, 30 February included. */
export function parseInstant(text: string): Instant | undefined {
  const parts = INSTANT.exec(text);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const at = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  const whole = `${text.slice(0, 10)}T${text.slice(11, 16)}:${parts[6] ?? '00'}.000Z`;
  if (at < 0 || isoInstant(at) !== whole) return undefined;
  const [hours, minutes] = parts.slice(9, 11).map((part) => Number(part ?? 0));
  if ((hours ?? 0) > OFFSET_HOURS_MAX || (minutes ?? 0) >= 60) return undefined;
  const ahead = (hours ?? 0) * HOUR_MS + (minutes ?? 0) * MINUTE_MS;
  const inUtc = parts[8] === '-' ? at + ahead : at - ahead;
  const milliseconds = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
  return inUtc < 0 ? undefined : inUtc + milliseconds;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const HTTP_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4} \d\d:\d\d:\d\d) GMT$/;

/** Reads a date as the header `Retry-After` has it (RFC 9110): `Tue, 24 Nov 2026 09:00:00 GMT`. */
export function parseHttpDate(text: string): Instant | undefined {
  const [, day, name, rest] = HTTP_DATE.exec(text) ?? [];
  const month = MONTHS.indexOf(name ?? '') + 1;
  if (day === undefined || rest === undefined || month === 0) return undefined;
  const [year, time] = rest.split(' ');
  return parseInstant(`${year}-${String(month).padStart(2, '0')}-${day}T${time}Z`);
}

/** Reads `2026-11-23`; undefined for anything else. */
export function parseDay(text: string): UtcDay | undefined {
  const at = parseInstant(`${text}T00:00:00.000Z`);
  return at === undefined ? undefined : dayOf(at);
}

/** Returns FNV-1a, 32 bit: it spreads accounts over an interval, the same on every machine. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}
