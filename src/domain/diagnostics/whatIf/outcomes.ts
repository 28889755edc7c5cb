/** What a replay takes over from what happened, and what it decides by itself. */
import { findSlot, type Account } from '../../account/account.js';
import { deliver } from '../../commands/deliver.js';
import type { Event } from '../../account/events.js';
import type { ReservationRow } from '../../records/records.js';
import type { Instant } from '../../primitives/time.js';
import { changed } from '../../account/slot.js';
import type { WrittenChange } from '../../records/changeLog.js';

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

/** A cooldown for too many follows from the cap: the replay starts its own. */
export const isRedecided = ({ kind, details }: WrittenChange): boolean =>
  kind === 'cooldown' && details['cause'] === 'overshoot' && details['until'] !== undefined;

/** True if LinkedIn asked for this pause when it was sent that InMail. */
export const isPauseOf = ({ kind, details }: WrittenChange, reservationId: string): boolean =>
  kind === 'cooldown' &&
  details['cause'] === 'throttled' &&
  details['reservationId'] === reservationId;
