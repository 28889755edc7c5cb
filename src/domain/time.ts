/**
 * Time as numbers: an `Instant` is milliseconds since 1970 in UTC, a `UtcDay` whole days since
 * then.
 * Nothing here reads a clock, and nothing here knows a time zone.
 */
export type Instant = number;
export type UtcDay = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export const dayOf = (at: Instant): UtcDay => Math.floor(at / DAY_MS);
/** 00:00:00.000 UTC of the day. */
export const startOf = (day: UtcDay): Instant => day * DAY_MS;

/** `2026-11-23T18:20:36.000Z`. */
export const isoInstant = (at: Instant): string => new Date(at).toISOString();
export const isoOrNull = (at: Instant | null): string | null =>
  at === null ? null : isoInstant(at);
/** `2026-11-23`. */
export const isoDay = (day: UtcDay): string => isoInstant(startOf(day)).slice(0, 10);

/** No zone is further from UTC. */
const OFFSET_HOURS_MAX = 14;
const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Reads an ISO 8601 instant with its offset; undefined for anything else, 30 February included. */
export function parseInstant(text: string): Instant | undefined {
  const parts = INSTANT.exec(text);
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number);
  const whole = `${text.slice(0, 19)}.000Z`;
  const at = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  if (at < 0 || isoInstant(at) !== whole) return undefined;
  const [hours, minutes] = parts.slice(9, 11).map((part) => Number(part ?? 0));
  if ((hours ?? 0) > OFFSET_HOURS_MAX || (minutes ?? 0) >= 60) return undefined;
  const ahead = (hours ?? 0) * HOUR_MS + (minutes ?? 0) * MINUTE_MS;
  const inUtc = parts[8] === '-' ? at + ahead : at - ahead;
  return inUtc < 0 ? undefined : inUtc + Math.floor(Number(`0.${parts[7] ?? '0'}`) * SECOND_MS);
}

/** Reads `2026-11-23`; undefined for anything else. */
export function parseDay(text: string): UtcDay | undefined {
  const at = parseInstant(`${text}T00:00:00.000Z`);
  return at === undefined ? undefined : dayOf(at);
}

/** The first of the next month, 00:00 UTC: when LinkedIn grants new InMail credits (R5). */
export function startOfNextMonth(at: Instant): Instant {
  const now = new Date(at);
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
}

/** FNV-1a, 32 bit: spreads accounts over an interval, the same on every machine. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}
