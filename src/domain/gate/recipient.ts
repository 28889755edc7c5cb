/**
 * No recipient twice: who was contacted already, and until when that refuses another InMail (R20).
 * Example: `job-17` was delivered to Anna on Monday. `job-18` asks for Anna on Tuesday, and is
 * refused until Thursday, 00:00 UTC.
 */
import type { Account, Slot } from '../account/account.js';
import { isSameRecipient, keptRecipient } from '../account/kept.js';
import type { RecipientId, ReservationId } from '../primitives/ids.js';
import { scopeGroupOf, type Policy } from '../account/policy.js';
import { REMEMBERED_DAYS } from '../primitives/limits.js';
import { startOf, type Instant, type UtcDay } from '../primitives/time.js';

/** A reservation that has contacted a recipient, or still may. */
export type Contact = {
  readonly reservationId: ReservationId;
  /** When it is forgotten, exclusive; null: only its settlement decides. */
  readonly until: Instant | null;
};

/** Maximum days of a recipient memory. */
export const MEMORY_DAYS_MAX = 365;

/** A reservation of the recipient in Postgres that may be older than what the account remembers. */
export type PastContact = {
  readonly recipientId: RecipientId;
  readonly reservationId: ReservationId;
  readonly quotaDay: UtcDay;
};

/**
 * What the group of the account knows of a recipient (`recipientScope`): a reservation or an ask of
 * another account, or an ask of the group.
 */
export type GroupContact = {
  readonly recipientId: RecipientId;
  readonly reservationId: ReservationId;
  /** When it no longer refuses, exclusive; null: only its outcome decides. */
  readonly until: Instant | null;
};

/** What a reserve asks for, as far as recipients are compared. */
export type Recipient = {
  readonly recipientId?: RecipientId | undefined;
  /** True: the caller wants to contact the recipient once more. */
  readonly again?: boolean | undefined;
  /** What Postgres has of the recipient, if the policy looks further back. */
  readonly past?: readonly PastContact[] | undefined;
  /** What the group has of the recipient, if the policy compares with it. */
  readonly ofGroup?: readonly GroupContact[] | undefined;
};

/** Returns the contacts that refuse this reserve, now or later. */
export function contactsOf(account: Account, recipient: Recipient): readonly Contact[] {
  const { recipientId, again } = recipient;
  if (recipientId === undefined || again === true) return [];
  const kept = keptRecipient(recipientId);
  const known = account.slots
    .filter((slot) => slot.state !== 'released' && isSameRecipient(slot.recipientId, kept))
    .map((slot) => ({ reservationId: slot.reservationId, until: endOf(account, slot) }));
  return [...known, ...olderContactsOf(account, recipient)];
}

/** Returns the contacts that only Postgres has. */
export function olderContactsOf(
  { slots, policy }: Account,
  { recipientId, again, past = [], ofGroup = [] }: Recipient,
): readonly Contact[] {
  if (recipientId === undefined || again === true) return [];
  const isAsked = (one: { readonly recipientId: RecipientId }): boolean =>
    isSameRecipient(one.recipientId, keptRecipient(recipientId));
  const own = past
    .filter((one) => slots.every((slot) => slot.reservationId !== one.reservationId))
    .filter(isAsked)
    .map(({ reservationId, quotaDay }) => ({
      reservationId,
      until: startOf(quotaDay + memoryDays(policy) + 1),
    }));
  // Another account may use an id of this account for a reservation of its own.
  const others = ofGroup.filter(isAsked);
  return [...own, ...others.map(({ reservationId, until }) => ({ reservationId, until }))];
}

/** Returns how many days after its quota day a slot refuses its recipient. */
export const memoryDays = ({ recipientMemoryDays = 0 }: Policy): number =>
  Math.max(REMEMBERED_DAYS, recipientMemoryDays);

/** True if the policy looks further back than the account remembers, or into its group. */
export const looksBack = (policy: Policy): boolean =>
  memoryDays(policy) > REMEMBERED_DAYS || scopeGroupOf(policy) !== undefined;

/** A slot that was settled after its days of memory is remembered until the next midnight. */
const endOf = ({ day, policy }: Account, { state, quotaDay }: Slot): Instant | null =>
  state === 'delivered' ? startOf(Math.max(quotaDay + memoryDays(policy), day) + 1) : null;

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
