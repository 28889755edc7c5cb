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

const MIDNIGHT = /^(.*\bmidnight UTC)( \([^)]*\))?(.*)$/;
const TIME = /^(.*? )((?:on \d+ \w+ )?(at|before) \d\d:\d\d UTC(?: \([^)]*\))?)(.*)$/;

/** A sentence in parts: a page replaces `time` by words in the zone of its reader. */
export type SaidParts = {
  readonly before: string;
  /**
   * How the words of the reader begin. `midnight`: `time` has only the other zone, because "midnight
   * UTC" is the name of the end of a quota day.
   */
  readonly kind: 'midnight' | 'at' | 'before';
  readonly time: string;
  readonly after: string;
};

/** Returns the parts of a sentence that names an instant; undefined for another sentence. */
export function saidParts({ text }: Said): SaidParts | undefined {
  const [, untilMidnight, zone = '', end = ''] = MIDNIGHT.exec(text) ?? [];
  if (untilMidnight !== undefined) {
    return { before: untilMidnight, kind: 'midnight', time: zone, after: end };
  }
  const [, before, time = '', kind, after = ''] = TIME.exec(text) ?? [];
  if (before === undefined) return undefined;
  return { before, kind: kind === 'before' ? 'before' : 'at', time, after };
}
