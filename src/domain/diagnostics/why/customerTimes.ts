/**
 * Instants in sentences for the owner of an account: in UTC, then in the account's time zone.
 * Example: "at 08:00 UTC (09:00 in Europe/Berlin)". A page puts the reader's own time in its place.
 */
import type { OffsetAt } from '../canSend/canSendLine.js';
import { dayOf, isoInstant, MINUTE_MS, startOf, type Instant } from '../../primitives/time.js';
import { dateOf } from '../../primitives/timeWords.js';

/** A sentence, and the instant that it names. */
export type Said = { readonly text: string; readonly at: string | null };
/** The clock of the sentences: now, and the time zone of the account. */
export type Clock = {
  readonly now: Instant;
  readonly timezone: string;
  readonly offsetAt: OffsetAt;
};

export const said = (text: string, at: Instant | null = null): Said => ({
  text,
  at: at === null ? null : isoInstant(at),
});

/** Returns the end of the UTC day. */
export const midnightAfter = (now: Instant): Instant => startOf(dayOf(now) + 1);

/**
 * Returns an instant that is named in a sentence: the next whole minute, so that no sentence is too
 * early.
 */
export const namedInstant = (at: Instant): Instant => Math.ceil(at / MINUTE_MS) * MINUTE_MS;

/** `before midnight UTC (01:00 in Europe/Berlin)`. */
export const beforeWords = (at: Instant, clock: Clock): string =>
  `before ${at === midnightAfter(clock.now) ? 'midnight' : minuteOf(at)} UTC${zoneWords(at, clock)}`;

/** `at midnight UTC (01:00 in Europe/Berlin)`, `at 08:00 UTC`, `on 1 Dec at 08:00 UTC`. */
export function atWords(at: Instant, clock: Clock): string {
  const zone = zoneWords(at, clock);
  if (at === midnightAfter(clock.now)) return `at midnight UTC${zone}`;
  const date = dayOf(at) === dayOf(clock.now) ? '' : `on ${dateOf(at)} `;
  return `${date}at ${minuteOf(at)} UTC${zone}`;
}

const minuteOf = (at: Instant): string => isoInstant(at).slice(11, 16);

/** The local date is named only if the sentence has the date of UTC, and the two differ. */
function zoneWords(at: Instant, { now, timezone, offsetAt }: Clock): string {
  const local = at + offsetAt(at);
  if (local === at) return '';
  const isDated = at !== midnightAfter(now) && dayOf(at) !== dayOf(now);
  const date = isDated && dayOf(local) !== dayOf(at) ? `${dateOf(local)}, ` : '';
  return ` (${date}${minuteOf(local)} in ${timezone})`;
}

const IN_PARTS = /^(.*? UTC)( \([^)]*\))?(.*)$/;

/**
 * Returns a sentence in parts: `zone` is its time in the zone of the account, which a page replaces
 * by the time of its reader. `zone` is empty if the account's zone is UTC.
 */
export function zoneIn({ text }: Said): {
  readonly before: string;
  readonly zone: string;
  readonly after: string;
} {
  const [, before = text, zone = '', after = ''] = IN_PARTS.exec(text) ?? [];
  return { before, zone, after };
}
