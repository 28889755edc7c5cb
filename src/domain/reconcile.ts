/**
 * One reconcile of one account (R8): layer 2 looks first, at the counter as it stood; layer 1 joins
 * the witnesses and heals after. Pure: what was found goes in, facts and what people read come out.
 */
import {
  findSlot,
  isProvenBy,
  isSameProof,
  tallyOf,
  type Account,
  type DayBook,
  type External,
  type Slot,
} from './account.js';
import { evolve } from './evolve.js';
import type { Event } from './events.js';
import { changed } from './fail.js';
import { REMEMBERED_DAYS } from './limits.js';
import { claimedBy, counted, isHigher, isRowOf, raisedBy } from './merge.js';
import { isNamed, pairsOn } from './pairing.js';
import { overshoot } from './resting.js';
import type { EventRow } from './rows.js';
import { alertsOf, type RunAlert } from './runAlerts.js';
import type { Foreign, Witnesses } from './stored.js';
import { dayOf, type Instant, type UtcDay } from './time.js';
import { dayTouched, verdictOn, type DayVerdict } from './verdict.js';
import { slotOfRow, testimony } from './witnesses.js';

export type Verdict = {
  /** What the account has to be told; decided again where something came in meanwhile. */
  readonly events: readonly Event[];
  readonly alerts: readonly RunAlert[];
  /** Today last; before it the days that were healed, and in the first run of a day yesterday. */
  readonly days: readonly DayVerdict[];
  readonly inFlight: number;
  readonly uncertain: number;
  readonly cooled: boolean;
};

/**
 * Holds an account against its witnesses. `foreign`: what its row held, not written by it;
 * `looksBack`: an alert about the day before is open, and may be gone.
 */
export function reconcile(
  account: Account,
  found: Witnesses,
  foreign: Foreign | null,
  at: Instant,
  looksBack = false,
): Verdict {
  const heals = healing(account, found, at);
  const after = heals.reduce((before, event) => evolve(before, event), account);
  const days = daysOf(account, heals, looksBack).map((day) =>
    verdictOn(day, { account, after, heals, found, foreign, at }),
  );
  const today = days.at(-1);
  const cooling = today ? overshoot(account, today.before, foreign, at) : [];
  const { inFlight, uncertain } = tallyOf(after, account.day);
  return {
    events: [...heals, ...cooling],
    alerts: days.flatMap((day) => alertsOf(day, account, foreign)),
    days,
    inFlight,
    uncertain,
    cooled: cooling.length > 0,
  };
}

/** Today last; before it the days that were healed, and in a day's first run the one before. */
function daysOf(account: Account, heals: readonly Event[], looksBack: boolean): readonly UtcDay[] {
  const { day, reconciledAt } = account;
  const isFirst = reconciledAt === null || dayOf(reconciledAt) < day;
  const touched = heals.flatMap((event) => dayTouched(event) ?? []);
  const days = new Set([...touched, ...(isFirst || looksBack ? [day - 1] : []), day]);
  return [...days].toSorted((one, other) => one - other);
}

/** Layer 1: what the account has to become so that it is what its witnesses say. */
function healing(account: Account, found: Witnesses, at: Instant): readonly Event[] {
  const events: Event[] = [];
  let view = account;
  const happen = (more: readonly Event[]): void => {
    for (const event of more) {
      events.push(event);
      view = evolve(view, event);
    }
  };
  for (const row of found.reservations) {
    const slot = findSlot(account, row.reservationId);
    if (!slot || isHigher(row.state, slot)) happen(raisedBy(view, slotOfRow(row)));
  }
  happen(testimony(view, found, at));
  for (const slot of view.slots) happen(leaseOver(slot, found, at));
  for (const row of found.events) happen(stranger(view, row));
  for (const slot of view.slots) happen(claimedBy(view, slot));
  for (const book of view.days) happen(corrected(view, book, found.events));
  happen(restored(account, view, found));
  return events;
}

/** R6: after the lease the journal has decided, or nobody knows. Silence alone frees nothing. */
function leaseOver(slot: Slot, { attempts }: Witnesses, at: Instant): readonly Event[] {
  if (slot.state !== 'in_flight' && slot.state !== 'uncertain') return [];
  const isOver = slot.state === 'in_flight' && at >= slot.leaseExpiresAt;
  const isFenced =
    slot.journaled &&
    attempts.some(
      (attempt) => attempt.reservationId === slot.reservationId && attempt.outcome === 'void',
    );
  if (isFenced && (isOver || slot.state === 'uncertain'))
    return [changed(slot, 'released', 'void', at)];
  return isOver ? [changed(slot, 'uncertain', 'lease_over', at)] : [];
}

/** A row of the log that is no reservation's and that nobody told of: it counts at once. */
function stranger(account: Account, row: EventRow): readonly Event[] {
  if (!isNobodys(account, row) || row.quotaDay + REMEMBERED_DAYS < account.day) return [];
  const { chatId, messageId, quotaDay, deliveredAt: at, isCounted } = row;
  return counted(account, { chatId, messageId, quotaDay, at, isCounted }, at);
}

/** No reservation's, or a second InMail under the id of one that another chat proves (R4). */
function isNobodys(account: Account, row: EventRow): boolean {
  if (row.reservationId === null) return true;
  const slot = findSlot(account, row.reservationId);
  return slot !== undefined && !isNamed(slot, row);
}

/** The day's book as the log has it; told as a difference, because messages may come meanwhile. */
function corrected(account: Account, book: DayBook, log: readonly EventRow[]): readonly Event[] {
  const { day, external, unexplained } = book;
  if (day + REMEMBERED_DAYS < account.day) return [];
  const ours = new Set(pairsOn(account, day, log).values());
  // A delivery may have two rows: by what was told of it, and by what was seen of it before (R4).
  const isOurs = (row: EventRow): boolean =>
    ours.has(row) ||
    (account.slots.some((slot) => slot.quotaDay === day && isProvenBy(slot, row)) &&
      !account.externals.some((known) => isSameProof(known, row)));
  const logged = log.filter(
    (row) => row.quotaDay === day && isNobodys(account, row) && row.isCounted && !isOurs(row),
  ).length;
  const unlogged = lacking(account, log).filter((one) => one.quotaDay === day).length;
  const gap = logged + unlogged - external;
  if (gap === 0 && unexplained === 0) return [];
  return [{ type: 'BookCorrected', day, external: gap, unexplained: -unexplained }];
}

/** External sends whose row Postgres has lost, or refused, or does not have yet: they count. */
const lacking = (account: Account, log: readonly EventRow[]): readonly External[] =>
  account.externals.filter(
    (one) =>
      one.isCounted &&
      one.quotaDay + REMEMBERED_DAYS >= account.day &&
      !log.some((row) => isSameProof(row, one)),
  );

/** What nothing of this run has changed, and of which Postgres has another row, or none. */
function restored(before: Account, after: Account, found: Witnesses): readonly Event[] {
  const slots = after.slots
    .filter((slot) => after === before || before.slots.includes(slot))
    .filter((slot) => !found.reservations.some((row) => isRowOf(slot, row)))
    .map((slot): Event => ({ type: 'SlotRestored', slot }));
  const externals = lacking(before, found.events)
    .filter((external) => after.externals.includes(external))
    .map((external): Event => ({ type: 'ExternalRestored', external }));
  return [...slots, ...externals];
}
