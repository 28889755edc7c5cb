/**
 * An account for lists, from its row and from counts of its reservations. The gate never reads the
 * ids and proofs of slots, so the lists do not read them either: 10,000 accounts are counted in one
 * statement. For the gate, this account is the same as the one of `accountFromRecords.ts` (R17).
 */
import type { Account, DayBook, Slot, SlotRequest, WaitingAsk } from '../../account/account.js';
import { deliveredSlot, endedSlot } from '../../account/slot.js';
import { accountWith, bookWith } from '../../account/update.js';
import { bareAccount } from '../../entity/bareAccount.js';
import { entityOf, pass } from '../../entity/entity.js';
import { assert } from '../../primitives/assert.js';
import { isChatId, isReservationId } from '../../primitives/ids.js';
import { REMEMBERED_DAYS, SLOTS_MAX } from '../../primitives/limits.js';
import { dayOf, type Instant, type UtcDay } from '../../primitives/time.js';
import { counterOf } from '../../account/counter.js';
import { waitingAsk } from '../../commands/line.js';
import type { DayRow } from '../../records/records.js';
import type { StoredAccount } from '../../records/snapshot.js';
import type { RecordContext } from './accountFromRecords.js';

/** Reservations that are equal for the gate, and their number. */
export type SlotCount = {
  readonly quotaDay: UtcDay;
  readonly state: Slot['state'];
  readonly carriedInto: UtcDay | null;
  /** Null for a settled slot, whose lease decides nothing. */
  readonly leaseExpiresAt: Instant | null;
  /** Null if no pace needs it (R19). */
  readonly reservedAt: Instant | null;
  readonly count: number;
};
export type CountedRows = {
  readonly account: StoredAccount;
  /** The reservations that `accountFromRecords.ts` reads. */
  readonly slots: readonly SlotCount[];
  /** The closed days of the week. */
  readonly days: readonly DayRow[];
  /** How many asks wait: each takes a slot before a new ask gets one (R21). */
  readonly waiting: number;
};

/** Returns the account at `now`, rolled, as if no message came after the rows were written. */
export function accountOfCounts(found: CountedRows, context: RecordContext, now: Instant): Account {
  const { account: stored, days } = found;
  const { accountId, state, owner, version } = stored;
  const rows = { account: stored, days, reservations: [], attempts: [], events: [] };
  const start = { accountId, connect: state === 'connected' };
  const bare = bareAccount(start, { ...rows, highestNumber: version }, stored.day);
  const total = found.slots.reduce((sum, { count }) => sum + count, 0);
  const read = accountWith(bare, {
    slots: found.slots.flatMap(slotsOf),
    days: bare.days.map((book) => bookOf(book, found)),
    openings: context.openings,
    isIdentityChecked: context.isUnverified !== true,
    reconciledAt: context.checkedAt,
    isCrowded: total > SLOTS_MAX,
    line: Array.from({ length: found.waiting }, (_, n) => askOf(n)),
  });
  const account =
    context.isCounterKept === true && stored.day >= dayOf(now) ? withCounter(read, stored) : read;
  return pass(entityOf(account, owner, version), now).account;
}

/** Returns the account with the counter of its last save; the gate needs no parts of it. */
function withCounter(account: Account, { day, counter }: StoredAccount): Account {
  const excess = Math.max(0, counter - counterOf(account, day));
  const days = account.days.map((book) =>
    book.day === day ? bookWith(book, { unexplained: book.unexplained + excess }) : book,
  );
  return accountWith(account, { days });
}

/** Returns the slots of a count: one object for all settled ones, which differ in nothing. */
function slotsOf(counted: SlotCount, group: number): readonly Slot[] {
  const count = Math.min(counted.count, SLOTS_MAX + 1);
  if (counted.leaseExpiresAt === null) {
    return Array<Slot>(count).fill(slotOf(counted, `${group}`));
  }
  return Array.from({ length: count }, (_, n) => slotOf(counted, `${group}-${n}`));
}

/** The gate counts asks that wait, and reads nothing of them. */
function askOf(n: number): WaitingAsk {
  const reservationId = `counted:${n}`;
  assert(isReservationId(reservationId), 'a count names its asks as callers do');
  return waitingAsk({ reservationId }, 'counted', 0);
}

const CHAT = 'counted';

function slotOf(counted: SlotCount, name: string): Slot {
  const { quotaDay, state, carriedInto, leaseExpiresAt, reservedAt } = counted;
  const reservationId = `counted:${name}`;
  assert(isReservationId(reservationId) && isChatId(CHAT), 'a count names its slots as callers do');
  const taken: SlotRequest = {
    reservationId,
    quotaDay,
    reservedAt: reservedAt ?? 0,
    leaseExpiresAt: leaseExpiresAt ?? 0,
    campaignId: null,
    recipientId: null,
    journaled: false,
    carriedInto,
  };
  if (state === 'in_flight') return { ...taken, state };
  if (state === 'delivered') return deliveredSlot(taken, { chatId: CHAT, messageId: null }, 0);
  return endedSlot(taken, state, 0, 'counted');
}

/** Returns the numbers of a day that its slots do not contain. */
function bookOf(book: DayBook, { account: stored, slots, days }: CountedRows): DayBook {
  const closed = days.find(({ quotaDay }) => quotaDay === book.day);
  const counted = book.day === stored.day ? stored : closed;
  const forgotten = (state: 'delivered' | 'uncertain'): number => {
    if (book.day >= stored.day - REMEMBERED_DAYS) return 0;
    const known = slots.filter((slot) => slot.quotaDay === book.day && slot.state === state);
    return Math.max(0, (closed?.[state] ?? 0) - known.reduce((sum, { count }) => sum + count, 0));
  };
  return bookWith(book, {
    external: counted?.external ?? 0,
    imported: counted?.imported ?? 0,
    unexplained: counted?.unexplained ?? 0,
    forgottenDelivered: forgotten('delivered'),
    forgottenUncertain: forgotten('uncertain'),
  });
}
