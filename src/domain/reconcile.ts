/**
 * One reconcile of one account (R8): layer 2 looks first, at the counter as it stood; layer 1 joins
 * the witnesses and heals after. Pure: what was found goes in, facts and what people read come out.
 */
import {
  bookOf,
  counterOf,
  findSlot,
  isProvenBy,
  isSameProof,
  sumOf,
  tallyOf,
  type Account,
  type DayBook,
  type Slot,
} from './account.js';
import { breakdownOf, type GapPart } from './breakdown.js';
import { isOvershoot } from './caps.js';
import { evolve } from './evolve.js';
import { alert, type Event } from './events.js';
import { changed } from './fail.js';
import { COOLDOWN_MS, DRIFT_MAX, REMEMBERED_DAYS } from './limits.js';
import { isHigher, isRowOf, raisedBy } from './merge.js';
import { cooldownStarted, isCooling } from './roll.js';
import type { EventRow } from './rows.js';
import type { Foreign, Witnesses } from './stored.js';
import { dayOf, isoDay, type Instant, type UtcDay } from './time.js';
import { slotOfRow, testimony } from './witnesses.js';

/** What a run says of one quota day. */
export type DayVerdict = {
  readonly day: UtcDay;
  /** As it stood: the larger of the workflow's and the database's. */
  readonly before: number;
  readonly after: number;
  readonly delivered: number;
  readonly external: number;
  readonly drift: number;
  readonly parts: readonly GapPart[];
  /** Something was written back, or counted, or given back. */
  readonly isHealed: boolean;
};
export type Verdict = {
  /** What the account has to be told; decided again where something came in meanwhile. */
  readonly events: readonly Event[];
  readonly alerts: readonly Extract<Event, { type: 'AlertRaised' }>[];
  /** Today, and in the first run of a day the day before. */
  readonly days: readonly DayVerdict[];
  readonly inFlight: number;
  readonly uncertain: number;
  readonly cooled: boolean;
};

/** Holds an account against its witnesses. `foreign`: what its row held, not written by it. */
export function reconcile(
  account: Account,
  found: Witnesses,
  foreign: Foreign | null,
  at: Instant,
): Verdict {
  const heals = healing(account, found, at);
  const after = heals.reduce((before, event) => evolve(before, event), account);
  const isFirst = account.reconciledAt === null || dayOf(account.reconciledAt) < account.day;
  const days = (isFirst ? [account.day - 1, account.day] : [account.day]).map((day) =>
    verdictOn(day, { account, after, heals, found, foreign }),
  );
  const today = days.at(-1);
  const cooling = today ? overshoot(account, today.before, at) : [];
  const { inFlight, uncertain } = tallyOf(after, account.day);
  return {
    events: [...heals, ...cooling],
    alerts: days.flatMap((day) => alertsOf(day, account, inFlight)),
    days,
    inFlight,
    uncertain,
    cooled: cooling.length > 0,
  };
}

/** The counter is far over the highest cap of the day: the account rests, once (R8). */
function overshoot(account: Account, stood: number, at: Instant): readonly Event[] {
  const { highestCap, cooledAtCounter } = account;
  if (!isOvershoot(stood, highestCap) || stood <= cooledAtCounter) return [];
  if (isCooling(account, at)) return [];
  const reason = `${stood} of a cap of ${highestCap}`;
  return [cooldownStarted('overshoot', at + COOLDOWN_MS, stood, reason)];
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
  happen(strangers(view, found.events));
  const fresh = events.flatMap((event) => freshIn(event, found.events));
  for (const book of view.days) happen(corrected(view, book, [...found.events, ...fresh]));
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

/** Rows of the log that are no reservation's and that nobody told of: they count at once. */
const strangers = (account: Account, log: readonly EventRow[]): readonly Event[] =>
  log
    .filter(
      (row) =>
        row.reservationId === null &&
        row.quotaDay + REMEMBERED_DAYS >= account.day &&
        !account.externals.some((known) => isSameProof(known, row)) &&
        !account.slots.some((slot) => isProvenBy(slot, row)),
    )
    .map(({ chatId, messageId, quotaDay, deliveredAt, isCounted }) => ({
      type: 'ExternalCounted',
      external: { chatId, messageId, quotaDay, at: deliveredAt, isCounted },
      sentAt: deliveredAt,
    }));

/** What this run has found in the journal, as the row that the log will have of it. */
function freshIn(event: Event, log: readonly EventRow[]): readonly EventRow[] {
  if (event.type !== 'ExternalCounted') return [];
  const { external, sentAt: deliveredAt } = event;
  if (log.some((row) => isSameProof(row, external))) return [];
  const { chatId, messageId, quotaDay, isCounted } = external;
  const row = { table: 'inmail_events', reservationId: null, source: 'external' } as const;
  return [{ ...row, chatId, messageId, quotaDay, deliveredAt, isCounted }];
}

/** The day's book as the log has it; told as a difference, because messages may come meanwhile. */
function corrected(account: Account, book: DayBook, log: readonly EventRow[]): readonly Event[] {
  const { day, external, unexplained } = book;
  if (day + REMEMBERED_DAYS < account.day) return [];
  const isOurs = (row: EventRow): boolean =>
    account.slots.some((slot) => slot.quotaDay === day && isProvenBy(slot, row));
  const logged = log.filter(
    (row) => row.quotaDay === day && row.reservationId === null && row.isCounted && !isOurs(row),
  ).length;
  if (logged === external && unexplained === 0) return [];
  return [{ type: 'BookCorrected', day, external: logged - external, unexplained: -unexplained }];
}

/** Reservations that nothing of this run has changed, and of which Postgres has another row. */
function restored(before: Account, after: Account, found: Witnesses): readonly Event[] {
  return after.slots
    .filter((slot) => after === before || before.slots.includes(slot))
    .filter((slot) => !found.reservations.some((row) => isRowOf(slot, row)))
    .map((slot) => ({ type: 'SlotRestored', slot }));
}

type Looked = {
  readonly account: Account;
  readonly after: Account;
  readonly heals: readonly Event[];
  readonly found: Witnesses;
  readonly foreign: Foreign | null;
};

function verdictOn(day: UtcDay, { account, after, heals, found, foreign }: Looked): DayVerdict {
  const own = counterOf(account, day);
  const before = foreign?.day === day ? Math.max(own, foreign.counter) : own;
  const rows = found.events.filter(({ quotaDay }) => quotaDay === day);
  const tally = tallyOf(after, day);
  const now = sumOf(tally);
  const isTouched = heals.some((event) => dayTouched(event) === day);
  return {
    day,
    before,
    after: now,
    delivered: tally.delivered,
    external: tally.external,
    drift: before - rows.length - bookOf(account, day).imported,
    parts: breakdownOf({ day, before: account, after, events: rows, stood: before }),
    isHealed: isTouched || before !== now || (foreign !== null && day === account.day),
  };
}

function dayTouched(event: Event): UtcDay | null {
  if ('slot' in event) return event.slot.quotaDay;
  if (event.type === 'BookCorrected') return event.day;
  return event.type === 'ExternalCounted' ? event.external.quotaDay : null;
}

/** What people should look at: one row an account, kind and day, resolved once it is gone. */
function alertsOf(verdict: DayVerdict, account: Account, inFlight: number): Verdict['alerts'] {
  const { day, before, after, drift, parts } = verdict;
  const isToday = day === account.day;
  const isOver = isToday && before > account.highestCap;
  if (drift <= DRIFT_MAX && !isOver && after <= before) return [];
  const details = { day: isoDay(day), counter: before, drift, parts: JSON.stringify(parts) };
  const isExplained = isToday && inFlight >= drift;
  const raised = [
    ...(drift > DRIFT_MAX ? [alert('drift', isExplained ? 'info' : 'warning', details)] : []),
    ...(isOver ? [alert('over_cap', 'critical', { ...details, cap: account.highestCap })] : []),
    ...(after > before ? [alert('undercount', 'warning', { ...details, after })] : []),
  ];
  return raised.flatMap((event) => (event.type === 'AlertRaised' ? [event] : []));
}
