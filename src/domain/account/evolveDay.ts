/** Midnight (R7): open sends are carried, and old slots are added to the sums of their day. */
import { emptyDay, type Account, type DayBook, type Slot } from './account.js';
import { accountWith, bookWith } from './update.js';
import type { Event } from './events.js';
import { dayOf, type UtcDay } from '../primitives/time.js';
import { counterOf, sentDaysOf, VELOCITY_DAYS, type SentDay } from './counter.js';
import { REMEMBERED_DAYS, WEEK_DAYS } from '../primitives/limits.js';
import { steppedCapOf } from './policy.js';
import { withBalance } from './credits.js';

/** Returns the account of a new day: nothing spent, open sends carried, old slots forgotten. */
export function rolled(account: Account, event: Extract<Event, { type: 'DayRolled' }>): Account {
  const { day, carried, rampDay } = event;
  const isForgotten = (slot: Slot): boolean =>
    slot.state !== 'in_flight' && slot.quotaDay + REMEMBERED_DAYS < day;
  const isKept = (book: DayBook): boolean => book.day > day - WEEK_DAYS;
  const forgotten = account.slots.filter(isForgotten);
  const landing = new Set(carried);
  const next = accountWith(account, {
    day,
    rampDay,
    highestCap: steppedCapOf(account.policy, rampDay),
    cooledAtCounter: 0,
    denied: [],
    sentDays: sentDaysAfter(account, day),
    ...(event.learnt === undefined ? {} : { learnt: event.learnt }),
    days: [...account.days.filter(isKept).map((book) => folded(book, forgotten)), emptyDay(day)],
    slots: account.slots
      .filter((slot) => !isForgotten(slot))
      .map((slot) => (landing.has(slot.reservationId) ? { ...slot, carriedInto: day } : slot)),
    externals: account.externals.filter(({ at }) => dayOf(at) + REMEMBERED_DAYS >= day),
    effects: account.effects.filter((effect) => effect.day + REMEMBERED_DAYS >= day),
  });
  return event.credits ? withBalance(next, event.credits) : next;
}

function folded(book: DayBook, forgotten: readonly Slot[]): DayBook {
  if (forgotten.length === 0) return book;
  const mine = forgotten.filter((slot) => slot.quotaDay === book.day);
  const count = (state: Slot['state']): number =>
    mine.filter((slot) => slot.state === state).length;
  return bookWith(book, {
    forgottenDelivered: book.forgottenDelivered + count('delivered'),
    forgottenUncertain: book.forgottenUncertain + count('uncertain'),
  });
}

/** Returns the days with a send that are older than the week of the new day (R25). */
function sentDaysAfter(account: Account, day: UtcDay): readonly SentDay[] {
  const closing = { day: account.day, sent: counterOf(account, account.day) };
  return [...sentDaysOf(account), ...(closing.sent > 0 ? [closing] : [])]
    .filter((one) => one.day <= day - WEEK_DAYS)
    .slice(-VELOCITY_DAYS);
}
