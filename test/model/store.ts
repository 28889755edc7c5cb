/** A database as the contract has it: rows by key, each moved only by a higher number (R14). */
import type {
  AccountRow,
  Entry,
  EventRow,
  ReservationRow,
  DayRow,
  WaitingRow,
} from '../../src/domain/records/records.js';
import type { ReadBack, StoredAccount } from '../../src/domain/records/snapshot.js';
import type { LoggedChat } from '../../src/domain/commands/reply.js';
import { isReservationId, type ChatId } from '../../src/domain/primitives/ids.js';
import type { Logged } from './kept.js';
import { maybe } from './names.js';

const clone = <T>(value: T): T => JSON.parse(JSON.stringify(value));

/** Returns a row of the event log as the naive reading keeps it. */
export const loggedOf = (row: EventRow): Logged => ({
  chat: row.chatId,
  msg: row.messageId ?? undefined,
  day: row.quotaDay,
  at: row.deliveredAt,
  counts: row.isCounted,
  id: row.reservationId,
});

export class Store {
  account: StoredAccount | null = null;
  alerts = 0;
  readonly reservations = new Map<string, ReservationRow & { number: number }>();
  readonly days = new Map<number, DayRow & { number: number }>();
  readonly waiting = new Map<string, WaitingRow & { number: number }>();
  readonly events: EventRow[] = [];
  readonly replies = new Set<string>();
  /** The grants of shadow mode that would have been denied, each with its reason. */
  readonly wouldDeny = new Map<string, { day: number; reason: string }>();
  #highest = 0;

  claim(row: AccountRow, owner: string): void {
    this.account = clone({ ...row, owner, ownerVersion: row.version });
  }

  save(row: AccountRow, entries: readonly Entry[], owner: string): void {
    if (!this.account || this.account.owner !== owner || this.account.version > row.version) return;
    this.account = clone({ ...row, owner, ownerVersion: this.account.ownerVersion });
    for (const entry of clone(entries)) this.#write(entry);
  }

  #write({ number, row }: Entry): void {
    this.#highest = Math.max(this.#highest, number);
    if (row.table === 'reservations') {
      const { again: _, wouldDeny, ...read } = row; // a start does not read them
      this.#mark(row, wouldDeny?.reason);
      const old = this.reservations.get(row.reservationId);
      if (!old || old.number < number)
        this.reservations.set(row.reservationId, { ...read, number });
    } else if (row.table === 'account_days') {
      const old = this.days.get(row.quotaDay);
      if (!old || old.number < number) this.days.set(row.quotaDay, { ...row, number });
    } else if (row.table === 'waiting') {
      const old = this.waiting.get(row.reservationId);
      if (!old || old.number < number) this.waiting.set(row.reservationId, { ...row, number });
    } else if (row.table === 'inmail_events') {
      this.#append(row);
    } else if (row.table === 'replies') {
      this.replies.add(row.chatId);
    } else if (row.table === 'alerts') this.alerts += row.times;
  }

  /** Later rows of the same slot keep its mark; the row of a new slot with its id does not. */
  #mark({ reservationId: id, quotaDay: day }: ReservationRow, reason: string | undefined): void {
    if (reason !== undefined) this.wouldDeny.set(id, { day, reason });
    else if (this.wouldDeny.get(id)?.day !== day) this.wouldDeny.delete(id);
  }

  #append(row: EventRow): void {
    const isKeyTaken = this.events.some(
      ({ reservationId }) => reservationId !== null && reservationId === row.reservationId,
    );
    const isKnown = this.events.some(
      ({ chatId, messageId }) => chatId === row.chatId && messageId === row.messageId,
    );
    if (!isKnown) this.events.push(isKeyTaken ? { ...row, reservationId: null } : row);
  }

  get log(): readonly Logged[] {
    return this.events.map((row) => this.#withOwner(row));
  }

  /** Returns a row of the event log with its reservation, or with that which claimed its proof. */
  #withOwner(row: EventRow): Logged {
    const { chatId, messageId, reservationId: id } = row;
    const isOf = (one: ReservationRow): boolean =>
      id === null ? one.chatId === chatId && one.messageId === messageId : one.reservationId === id;
    const owner = [...this.reservations.values()].find(isOf);
    return { ...loggedOf(row), owner: owner?.reservationId, free: owner?.free };
  }

  /** Returns what is known of a chat, as the lookup of a reply reads it (R24). */
  chatOf(chat: ChatId, at: number): LoggedChat {
    const rows = this.events
      .filter(({ chatId }) => chatId === chat)
      .toSorted((a, b) => a.deliveredAt - b.deliveredAt);
    const row = rows.findLast(({ deliveredAt }) => deliveredAt <= at) ?? rows[0];
    const { free = false, owner } = row ? this.#withOwner(row) : {};
    const reservationId = row?.reservationId ?? maybe(isReservationId, owner) ?? null;
    const sent = row ? { reservationId, sentAt: row.deliveredAt, free } : null;
    return { isRecorded: this.replies.has(chat), sent };
  }

  /** The row with the days with a send, also of an account without a velocity: it may get one. */
  #withSentDays(account: StoredAccount): StoredAccount {
    const { day } = account;
    const days = [...this.days.values()]
      .filter(({ quotaDay, counter }) => quotaDay <= day - 7 && quotaDay >= day - 28 && counter > 0)
      .toSorted((a, b) => a.quotaDay - b.quotaDay)
      .slice(-7)
      .map(({ quotaDay, counter }) => ({ day: quotaDay, sent: counter }));
    return account.sentDays || days.length === 0 ? account : { ...account, sentDays: days };
  }

  /** The asks that wait, and those that may not have learnt of their slot in flight (R21). */
  #line(): readonly WaitingRow[] {
    const isOpen = ({ reservationId, askedAt, state }: WaitingRow): boolean => {
      const slot = this.reservations.get(reservationId);
      const isGranted = state === 'granted' && slot?.state === 'in_flight';
      return state === 'waiting' || (isGranted && slot.reservedAt >= askedAt);
    };
    return [...this.waiting.values()]
      .filter(isOpen)
      .toSorted((a, b) => a.askedAt - b.askedAt || a.number - b.number)
      .map(({ number: _number, ...row }) => row);
  }

  readBack(day: number): ReadBack {
    const since = Math.min(day, this.account?.day ?? day);
    const reservations = [...this.reservations.values()].filter(
      ({ quotaDay, state, carriedInto }) =>
        quotaDay >= since - 2 || state === 'in_flight' || (carriedInto ?? 0) >= since,
    );
    return clone({
      account: this.account && this.#withSentDays(this.account),
      highestNumber: this.#highest,
      reservations,
      attempts: [],
      events: this.events.filter(({ quotaDay }) => quotaDay >= day - 2),
      waiting: this.#line(),
      days: [...this.days.values()].filter(
        ({ quotaDay }) => quotaDay > since - 7 && quotaDay < day,
      ),
    });
  }
}
