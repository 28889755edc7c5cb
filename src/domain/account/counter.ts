/**
 * How many slots of a day are spent, by kind (R1). The counter of a day is never stored: it is the
 * sum of its parts, so it always equals them. And how many reserves of today were denied.
 */
import { DRIFT_MAX } from '../primitives/limits.js';
import type { UtcDay } from '../primitives/time.js';
import { bookOf, type Account, type CampaignDenial, type DayBook } from './account.js';
import type { CampaignId } from '../primitives/ids.js';
import { bytesOf } from '../primitives/bytes.js';
import { DENIED_BYTES_MAX, WEEK_DAYS } from '../primitives/limits.js';

/** The parts of a day's counter. */
export type Tally = {
  readonly inFlight: number;
  readonly uncertain: number;
  readonly delivered: number;
  readonly external: number;
  readonly imported: number;
  readonly unexplained: number;
};

/** Returns the parts of a day's counter. */
export function tallyOf(account: Account, day: UtcDay): Tally {
  const book = bookOf(account, day);
  const { external, imported, unexplained } = book;
  let inFlight = 0;
  let uncertain = book.forgottenUncertain;
  let delivered = book.forgottenDelivered;
  for (const slot of account.slots) {
    if (slot.quotaDay !== day) continue;
    if (slot.state === 'in_flight') inFlight += 1;
    else if (slot.state === 'uncertain') uncertain += 1;
    else if (slot.state === 'delivered') delivered += 1;
  }
  return { inFlight, uncertain, delivered, external, imported, unexplained };
}

/** Returns the counter: the sum of the parts, and nothing else. */
export const sumOf = (tally: Tally): number =>
  tally.inFlight +
  tally.uncertain +
  tally.delivered +
  tally.external +
  tally.imported +
  tally.unexplained;

export const counterOf = (account: Account, day: UtcDay): number => sumOf(tallyOf(account, day));

/** Returns how many slots of earlier days take room today; only a release frees it (R7). */
export const carriedOf = (account: Account): number =>
  account.slots.filter((slot) => slot.carriedInto === account.day && slot.state !== 'released')
    .length;

/** The velocity cap follows the last 7 days with a send, at most 28 days back (R25). */
export const VELOCITY_DAYS = 7;
export const VELOCITY_LOOK_BACK_DAYS = 28;

/** A quota day with a send, and its counter. */
export type SentDay = { readonly day: UtcDay; readonly sent: number };

/** Returns the days with a send of the 28 days before today, oldest first (R25). */
export function sentDaysOf(account: Account): readonly SentDay[] {
  const { day: today, days, sentDays = [] } = account;
  const ofWeek = days
    // A late report about an older day makes a book for it, without what the day had more.
    .filter(({ day }) => day < today && day > today - WEEK_DAYS)
    .map(({ day }) => ({ day, sent: counterOf(account, day) }));
  return [...sentDays, ...ofWeek].filter(
    ({ day, sent }) => sent > 0 && day >= today - VELOCITY_LOOK_BACK_DAYS,
  );
}

/** True if a drift raises an alert (R8). Pages, reconcile and audit ask here. */
export const isAboveDriftMax = (drift: number): boolean => drift > DRIFT_MAX;
/** Returns the denials of a day with one more. */
export const denialsWith = ({ denials }: DayBook, reason: string): DayBook['denials'] => [
  ...denials.filter((denial) => denial.reason !== reason),
  { reason, count: (denials.find((denial) => denial.reason === reason)?.count ?? 0) + 1 },
];

type Denied = { readonly reason: string; readonly campaignId: CampaignId | null };

/**
 * Returns today's denials by campaign and reason with one more (R22). The list has a limit, because
 * callers choose the ids of campaigns; the day counts all denials.
 */
export function deniedWith(
  { denied = [] }: Account,
  { campaignId, reason }: Denied,
): readonly CampaignDenial[] {
  if (campaignId === null) return denied;
  const isSame = (one: CampaignDenial): boolean =>
    one.campaignId === campaignId && one.reason === reason;
  if (denied.some(isSame)) {
    return denied.map((one) => (isSame(one) ? { ...one, count: one.count + 1 } : one));
  }
  const more = [...denied, { campaignId, reason, count: 1 }];
  return bytesOf(more) <= DENIED_BYTES_MAX ? more : denied;
}

/** The values of an account's row that its workflow had not written (R14). */
export type ManualEdit = {
  /** The transaction that found the edit, so that it is reported once. */
  readonly id: string;
  readonly day: UtcDay;
  readonly counter: number;
  /** The highest cap of that day in the row; null if that was edited, too. */
  readonly cap: number | null;
  readonly columns: readonly string[];
};
