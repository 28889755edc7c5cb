/**
 * One reconcile of one account (R8): layer 2 looks first, at the counter as it stood; layer 1 joins
 * the witnesses and heals after. Pure: what was found goes in, facts and what people read come out.
 */
import {
  bookOf,
  counterOf,
  findSlot,
  isOpen,
  isProvenBy,
  isSameProof,
  sumOf,
  tallyOf,
  type Account,
  type DayBook,
  type Slot,
} from './account.js';
import { breakdownOf, type GapPart } from './breakdown.js';
import { explain } from './explain.js';
import { evolve } from './evolve.js';
import type { Event } from './events.js';
import { changed } from './fail.js';
import { REMEMBERED_DAYS } from './limits.js';
import { isHigher, isRowOf, raisedBy } from './merge.js';
import { isNamed, pairsOn } from './pairing.js';
import { overshoot } from './resting.js';
import type { EventRow } from './rows.js';
import { alertsOf, type RunAlert } from './runAlerts.js';
import type { Foreign, Witnesses } from './stored.js';
import { dayOf, type Instant, type UtcDay } from './time.js';
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
  /** The parts, and what the run writes, for people. */
  readonly sentences: readonly string[];
  /** Something was written back, or counted, or given back. */
  readonly isHealed: boolean;
};
export type Verdict = {
  /** What the account has to be told; decided again where something came in meanwhile. */
  readonly events: readonly Event[];
  readonly alerts: readonly RunAlert[];
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
    verdictOn(day, { account, after, heals, found, foreign, at }),
  );
  const today = days.at(-1);
  const cooling = today ? overshoot(account, today.before, foreign, at) : [];
  const { inFlight, uncertain } = tallyOf(after, account.day);
  return {
    events: [...heals, ...cooling],
    alerts: days.flatMap((day) => alertsOf(day, account)),
    days,
    inFlight,
    uncertain,
    cooled: cooling.length > 0,
  };
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
  for (const book of view.days) happen(corrected(view, book, found.events));
  happen(restored(account, view, found));
  return events;
}

/** R6: after the lease the journal has decided, or nobody knows. Silence alone frees nothing. */
function leaseOver(slot: Slot, { attempts }: Witnesses, at: Instant): readonly Event[] {
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
        isNobodys(account, row) &&
        row.quotaDay + REMEMBERED_DAYS >= account.day &&
        !account.externals.some((known) => isSameProof(known, row)) &&
        !account.slots.some((slot) => isProvenBy(slot, row)),
    )
    .map(({ chatId, messageId, quotaDay, deliveredAt, isCounted }) => ({
      type: 'ExternalCounted',
      external: { chatId, messageId, quotaDay, at: deliveredAt, isCounted },
      sentAt: deliveredAt,
    }));

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
  const logged = log.filter(
    (row) => row.quotaDay === day && isNobodys(account, row) && row.isCounted && !ours.has(row),
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
  readonly at: Instant;
};

function verdictOn(day: UtcDay, { account, after, heals, found, foreign, at }: Looked): DayVerdict {
  const own = counterOf(account, day);
  const before = foreign?.day === day ? Math.max(own, foreign.counter) : own;
  const rows = found.events.filter(({ quotaDay }) => quotaDay === day);
  const tally = tallyOf(after, day);
  const now = sumOf(tally);
  const isTouched = heals.some((event) => dayTouched(event) === day);
  const parts = breakdownOf({ day, before: account, after, events: found.events, stood: before });
  const { accountId } = account;
  const isForeign = foreign?.day === day || day === account.day;
  const gap = { day, counter: before, parts, after: now };
  const sentences = explain(
    { ...gap, editedColumns: isForeign ? (foreign?.columns ?? []) : [] },
    { accountId, now: at, ranAt: at, nextRunAt: null, open: after.slots.filter(isOpen) },
  );
  return {
    day,
    before,
    after: now,
    delivered: tally.delivered,
    external: tally.external,
    drift: before - rows.length - bookOf(account, day).imported,
    parts,
    sentences: sentences.map(({ text }) => text),
    isHealed: isTouched || before !== now || (foreign !== null && day === account.day),
  };
}

function dayTouched(event: Event): UtcDay | null {
  if ('slot' in event) return event.slot.quotaDay;
  if (event.type === 'BookCorrected') return event.day;
  return event.type === 'ExternalCounted' ? event.external.quotaDay : null;
}
