/** What a replay takes over from what happened, and what it decides by itself. */
import { findSlot, type Account } from '../../account/account.js';
import { accountWith, bookWith } from '../../account/update.js';
import { deliver, whoHas } from '../../commands/deliver.js';
import type { Event } from '../../account/events.js';
import { slotOfRow } from '../../records/fromRecords.js';
import type { EventRow, ReservationRow } from '../../records/records.js';
import type { Instant } from '../../primitives/time.js';
import { changed } from '../../account/slot.js';
import { eventsOf, type WrittenChange } from '../../records/changeLog.js';

/** A slot ends as its row says it ended; nothing for one that is not there. */
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

/** A slot that nothing granted is taken as it was; nothing on another day than its own. */
export function taken({ day }: Account, row: ReservationRow): readonly Event[] {
  if (row.quotaDay !== day) return [];
  const slot = slotOfRow({ ...row, state: 'in_flight', settledAt: null });
  return [{ type: 'SlotReserved', slot }];
}

/** An external send is counted; a reservation's own is counted already. */
export function seenIn(account: Account, row: EventRow, at: Instant): readonly Event[] {
  if (whoHas(account, row).owner) return [];
  const { chatId, messageId, quotaDay, deliveredAt, isCounted } = row;
  const external = { chatId, messageId, quotaDay, at, isCounted };
  return [{ type: 'ExternalCounted', external, sentAt: deliveredAt }];
}

/** A pause that LinkedIn asked for comes, and ends, as much later as its send. */
export const paused = (account: Account, change: WrittenChange, later: number): readonly Event[] =>
  eventsOf(change, account).flatMap((event) => {
    if (event.type !== 'CooldownStarted') return [];
    const { until, cause } = event.cooldown;
    return [{ ...event, cooldown: { until: until + later, cause } }];
  });

/** The account with what another system delivered today. */
export const withImported = (account: Account, imported: number): Account =>
  accountWith(account, {
    days: account.days.map((book) =>
      book.day === account.day ? bookWith(book, { imported }) : book,
    ),
  });

/** A cooldown for too many follows from the cap: the replay starts its own. */
export const isRedecided = ({ kind, details }: WrittenChange): boolean =>
  kind === 'cooldown' && details['cause'] === 'overshoot' && details['until'] !== undefined;

/** True if LinkedIn asked for this pause when it was sent that InMail. */
export const isPauseOf = ({ kind, details }: WrittenChange, reservationId: string): boolean =>
  kind === 'cooldown' &&
  details['cause'] === 'throttled' &&
  details['reservationId'] === reservationId;
