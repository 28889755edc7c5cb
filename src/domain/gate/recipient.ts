/**
 * No recipient twice: who was contacted already, and until when that refuses another InMail (R20).
 * Example: `job-17` was delivered to Anna on Monday. `job-18` asks for Anna on Tuesday, and is
 * refused until Thursday, 00:00 UTC.
 */
import type { Account, Slot } from '../account/account.js';
import { isSameRecipient, keptRecipient } from '../account/kept.js';
import type { RecipientId, ReservationId } from '../primitives/ids.js';
import { REMEMBERED_DAYS } from '../primitives/limits.js';
import { startOf, type Instant } from '../primitives/time.js';

/** A reservation that has contacted a recipient, or still may. */
export type Contact = {
  readonly reservationId: ReservationId;
  /** When it is forgotten, exclusive; null: only its settlement decides. */
  readonly until: Instant | null;
};

/** What a reserve asks for, as far as recipients are compared. */
export type Recipient = {
  readonly recipientId?: RecipientId | undefined;
  /** True: the caller wants to contact the recipient once more. */
  readonly again?: boolean | undefined;
};

/** Returns the contacts that refuse this reserve, now or later. */
export function contactsOf(
  account: Account,
  { recipientId, again }: Recipient,
): readonly Contact[] {
  if (recipientId === undefined || again === true) return [];
  const kept = keptRecipient(recipientId);
  return account.slots
    .filter((slot) => slot.state !== 'released' && isSameRecipient(slot.recipientId, kept))
    .map((slot) => ({ reservationId: slot.reservationId, until: endOf(account, slot) }));
}

/** A slot that was settled after its days of memory is remembered until the next midnight. */
const endOf = ({ day }: Account, { state, quotaDay }: Slot): Instant | null =>
  state === 'delivered' ? startOf(Math.max(quotaDay + REMEMBERED_DAYS, day) + 1) : null;

/** Returns the contact that refuses longest, as of `at`; undefined: none refuses. */
export function contactAt(contacts: readonly Contact[], at: Instant): Contact | undefined {
  const end = ({ until }: Contact): number => until ?? Infinity;
  return contacts
    .filter((contact) => end(contact) > at)
    .reduce<Contact | undefined>(
      (longest, contact) => (longest && end(longest) >= end(contact) ? longest : contact),
      undefined,
    );
}
