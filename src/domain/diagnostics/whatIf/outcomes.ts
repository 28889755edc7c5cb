/** The outcomes that a replay copies from the past, and those that it decides itself. */
import { findSlot, type Account } from '../../account/account.js';
import { accountWith, bookWith } from '../../account/update.js';
import { deliver, whoHas } from '../../commands/deliver.js';
import type { Event } from '../../account/events.js';
import { slotOfRow } from '../../records/fromRecords.js';
import type { EventRow, ReservationRow } from '../../records/records.js';
import type { Instant } from '../../primitives/time.js';
import { changed } from '../../account/slot.js';
import { eventsOf, type WrittenChange } from '../../records/changeLog.js';
import { learntFrom } from '../../gate/learnt.js';
import { isReservationId } from '../../primitives/ids.js';

/** Returns the events that give a slot the outcome of its row; none if the slot is not there. */
export function endOf(account: Account, row: ReservationRow, at: Instant): readonly Event[] {
  const { reservationId, state, chatId, messageId, reason } = row;
  const slot = findSlot(account, reservationId);
  if (!slot || state === 'in_flight') return [];
  if (state === 'delivered' && chatId !== null) {
    const proof = { reservationId, chatId, messageId: messageId ?? undefined };
    return deliver(account, proof, at).events;
  }
  return [changed(slot, state === 'released' ? state : 'uncertain', reason ?? state, at)];
}

/** Returns the event that takes a slot without a grant; none on another day than its own. */
export function taken({ day }: Account, row: ReservationRow): readonly Event[] {
  if (row.quotaDay !== day) return [];
  const slot = slotOfRow({ ...row, state: 'in_flight', settledAt: null });
  return [{ type: 'SlotReserved', slot }];
}

/** Returns the event of an external send; none if a reservation has it, which counts already. */
export function logged(account: Account, row: EventRow, at: Instant): readonly Event[] {
  if (whoHas(account, row).owner) return [];
  const { chatId, messageId, quotaDay, deliveredAt, isCounted } = row;
  const external = { chatId, messageId, quotaDay, at, isCounted };
  return [{ type: 'ExternalCounted', external, sentAt: deliveredAt }];
}

/** Returns a pause that LinkedIn asked for, moved by as much as its send. */
export const paused = (account: Account, change: WrittenChange, later: number): readonly Event[] =>
  eventsOf(change, account).flatMap((event) => {
    if (event.type !== 'CooldownStarted') return [];
    const { until, cause } = event.cooldown;
    return [{ ...event, cooldown: { until: until + later, cause } }];
  });

/** Returns the events with the ceilings that they teach in the replay (R25). */
export const learning = (account: Account, events: readonly Event[]): readonly Event[] =>
  events.flatMap((event) => {
    if (event.type === 'CapLearnt') return [];
    if (event.type === 'RampRestarted')
      return [event, ...learntFrom(account, undefined, 'what-if')];
    if (event.type !== 'CooldownStarted' || event.cooldown.cause !== 'throttled') return [event];
    const id = isReservationId(event.reservationId) ? event.reservationId : undefined;
    return [event, ...learntFrom(account, id, 'what-if')];
  });

/** Returns the account with the InMails that another system delivered today. */
export const withImported = (account: Account, imported: number): Account =>
  accountWith(account, {
    days: account.days.map((book) =>
      book.day === account.day ? bookWith(book, { imported }) : book,
    ),
  });

/** True for a cooldown by overshoot: it follows from the cap, so the replay starts its own. */
export const isRedecided = ({ kind, details }: WrittenChange): boolean =>
  kind === 'cooldown' && details['cause'] === 'overshoot' && details['until'] !== undefined;

/** True if LinkedIn asked for this pause in its answer to that InMail. */
export const isPauseOf = ({ kind, details }: WrittenChange, reservationId: string): boolean =>
  kind === 'cooldown' &&
  details['cause'] === 'throttled' &&
  details['reservationId'] === reservationId;
