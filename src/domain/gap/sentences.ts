/**
 * A gap in plain sentences (R17), for people who ask why the counter differs from the sent InMails:
 * its parts, if they are normal, and what happens to them next. Pages, API, command line and the
 * Temporal UI show the same sentences. `corrected.ts` has those about a gap of the past.
 */
import type { GapCause, GapPart } from './breakdown.js';
import { runAfter } from '../days/forecast.js';
import type { AccountId } from '../primitives/ids.js';
import { phraseOf } from './phrases.js';
import { dayOf, DAY_MS, isoDay, isoInstant, startOf } from '../primitives/time.js';
import type { Instant, UtcDay } from '../primitives/time.js';

/** The gap of a day. */
export type Gap = {
  readonly day: UtcDay;
  readonly counter: number;
  readonly parts: readonly GapPart[];
};
export type OpenSlot = {
  readonly reservationId: string;
  readonly quotaDay: UtcDay;
  readonly leaseExpiresAt: Instant;
  readonly carriedInto?: UtcDay | null;
};
/** The context of a gap. */
export type Known = {
  readonly accountId: AccountId;
  readonly now: Instant;
  readonly nextRunAt: Instant | null;
  readonly open: readonly OpenSlot[];
};
export type Sentence = {
  readonly text: string;
  /** How much of the gap the sentence explains; 0 for a sentence about the whole. */
  readonly count: number;
  readonly cause: GapCause | null;
  /**
   * When the part changes next, if no message comes: at a reconcile or at midnight. Null: it does
   * not change, or only a proof or a person can change it.
   */
  readonly changesAt: Instant | null;
};

/** Returns the headline, and the sentences for each part. */
export const explain = (gap: Gap, known: Known): readonly Sentence[] => [
  { text: headlineOf(numbersOf(gap), known.now), count: 0, cause: null, changesAt: null },
  ...gap.parts.map((part) => sentenceOf(part, gap.day, known)),
];

/** Returns the two numbers of a gap. */
export const numbersOf = ({ day, counter, parts }: Gap) => ({
  day,
  counter,
  logged: counter - parts.reduce((sum, { count }) => sum + count, 0),
});

/** Returns the two numbers of a day, and their difference. */
export function headlineOf(
  { day, counter, logged }: Pick<Gap, 'day' | 'counter'> & { readonly logged: number },
  now: Instant,
): string {
  const gap = counter - logged;
  const apart = gap === 0 ? 'they agree' : `${Math.abs(gap)} apart`;
  const when = day < dayOf(now) ? `On ${isoDay(day)}, the` : 'The';
  return `${when} counter is ${counter}, the event log has ${logged}: ${apart}.`;
}

function sentenceOf(part: GapPart, day: UtcDay, known: Known): Sentence {
  const { cause, count } = part;
  const { size, side } = sideOf(part);
  const { text, changesAt } = ending(part, size, day, known);
  const verb = size === 1 ? 'is' : 'are';
  const what = phraseOf(part, size === 1);
  return { cause, count, changesAt, text: `${size} ${verb} ${side}, ${what} ${text}` };
}

/** Returns how many InMails a part has, and on which side of the gap they are, with their names. */
export function sideOf({ count, reservations }: GapPart): { size: number; side: string } {
  const size = count === 0 ? reservations.length : Math.abs(count);
  const side =
    count > 0 ? 'on the counter only' : count < 0 ? 'in the event log only' : 'on neither';
  return { size, side: `${side}${names(reservations)}` };
}

const NAMES_MAX = 5;
export function names(ids: readonly string[]): string {
  if (ids.length === 0) return '';
  const more = ids.length > NAMES_MAX ? ` and ${ids.length - NAMES_MAX} more` : '';
  const noun = ids.length === 1 ? 'reservation' : 'reservations';
  return ` (${noun} ${ids.slice(0, NAMES_MAX).join(', ')}${more})`;
}

type Ending = { readonly text: string; readonly changesAt: Instant | null };

/** Returns what happens to a part next. */
function ending(part: GapPart, size: number, day: UtcDay, known: Known): Ending {
  const { cause, reservations } = part;
  const [it, them] = size === 1 ? ['It', 'it'] : ['They', 'them'];
  const open = known.open.filter((slot) => reservations.some((id) => id === slot.reservationId));
  if (cause === 'in_flight' || cause === 'uncertain') {
    if (reservations.length === 0 && day < dayOf(known.now)) {
      return {
        text: `${it} ${size === 1 ? 'stays' : 'stay'} so: the ids are no longer known.`,
        changesAt: null,
      };
    }
    if (open.length === 0) {
      return { text: `${it} ${size === 1 ? 'has' : 'have'} been settled since.`, changesAt: null };
    }
    if (cause === 'in_flight') {
      const changesAt = Math.max(...open.map((slot) => settledBy(slot, known)));
      return {
        text:
          `If no report comes before, the reconcile at ${words(changesAt)} settles ${them}:` +
          ' delivered, released, or kept as uncertain until midnight UTC.',
        changesAt,
      };
    }
    const until = Math.max(...open.map(roomUntil));
    const kept = `Each reconcile keeps ${them} uncertain`;
    const proof = `${kept} until a proof or a person settles ${them}.`;
    const take = size === 1 ? 'takes' : 'take';
    if (until <= known.now) {
      return { text: `${proof} ${it} no longer ${take} room.`, changesAt: null };
    }
    return {
      text: `${proof} ${it} ${take} room until ${words(until)}, at the latest.`,
      changesAt: until,
    };
  }
  if (cause === 'imported' || (cause === 'external' && reservations.length > 0)) {
    const end = startOf(day + 1);
    if (end <= known.now) return { text: 'It stays so.', changesAt: null };
    return {
      text: `It stays so for the rest of the UTC day, until ${words(end)}.`,
      changesAt: end,
    };
  }
  const { nextRunAt } = known;
  const when = nextRunAt === null ? '' : `, at ${words(nextRunAt)},`;
  return { text: `The next reconcile${when} corrects ${them}.`, changesAt: nextRunAt };
}

/** Returns the next reconcile of the account at or after the end of the lease (R6). */
const settledBy = ({ leaseExpiresAt }: OpenSlot, { accountId, now }: Known): Instant =>
  runAfter(accountId, Math.max(leaseExpiresAt, now + 1));

/** Returns the midnight at which an uncertain slot no longer takes room (R7). */
const roomUntil = ({ quotaDay, leaseExpiresAt, carriedInto }: OpenSlot): Instant =>
  startOf(Math.max(quotaDay, carriedInto ?? dayOf(leaseExpiresAt - 1)) + 1);

const MONTHS =
  'January February March April May June July August September October November December';

/** Returns `09:17 UTC on 24 November (2026-11-24T09:17:03.000Z)`; midnight ends the day before. */
export function words(at: Instant): string {
  const iso = isoInstant(at);
  const isMidnight = at % DAY_MS === 0;
  const day = isoDay(dayOf(isMidnight ? at - 1 : at));
  const month = MONTHS.split(' ')[Number(day.slice(5, 7)) - 1];
  const date = `${Number(day.slice(8))} ${month}`;
  return isMidnight
    ? `midnight UTC, the end of ${date} (${iso})`
    : `${iso.slice(11, 16)} UTC on ${date} (${iso})`;
}
