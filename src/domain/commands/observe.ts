/** InMails that were observed in the account's outbox: of a slot, or sent manually (R15, R16). */
import type { Account, Slot } from '../account/account.js';
import { deliveredSlot } from '../account/slot.js';
import { whoHas } from './deliver.js';
import { alert, type Event } from '../account/events.js';
import { isSameId, isSameRecipient, keptRecipient } from '../account/kept.js';
import type { ChatId, MessageId, RecipientId, ReservationId } from '../primitives/ids.js';
import { OBSERVED_MAX_AGE_MS, OBSERVED_SLACK_MS } from '../primitives/limits.js';
import { dayOf, type Instant } from '../primitives/time.js';
import type { Decided } from '../account/refusals.js';

export type Observe = {
  readonly chatId: ChatId;
  readonly messageId: MessageId;
  readonly recipientId?: RecipientId | undefined;
  readonly sentAt: Instant;
  /** The row of a proof that the account has forgotten (lookup.ts). */
  readonly logged?: { readonly reservationId: ReservationId | null } | undefined;
};
export type Observed = { readonly matched: ReservationId | null; readonly counted: boolean };

/** Matches an observed send: a known proof changes nothing, one open slot takes it, or none. */
export function observe(account: Account, seen: Observe, at: Instant): Decided<Observed> {
  const { chatId, messageId } = seen;
  const sentAt = Math.min(seen.sentAt, at);
  const { owner, isExternal } = whoHas(account, { chatId, messageId });
  if (owner) return matched(owner.reservationId, []);
  const known = isExternal ? { reservationId: null } : seen.logged;
  if (known) return { events: [], answer: { matched: known.reservationId, counted: false } };
  const named = account.slots.find(
    (slot) =>
      slot.state === 'delivered' && slot.messageId === null && isSameId(slot.chatId, chatId),
  );
  if (named?.state === 'delivered') {
    const slot = deliveredSlot(named, { chatId: named.chatId, messageId }, named.settledAt, true);
    return matched(named.reservationId, [{ type: 'ProofCompleted', slot }]);
  }
  const [slot, another] = candidates(account, seen, sentAt);
  if (slot && !another) return matched(slot.reservationId, [delivered(slot, seen, sentAt)]);
  const isCounted = at - sentAt <= OBSERVED_MAX_AGE_MS;
  const external = { chatId, messageId, quotaDay: dayOf(sentAt), at, isCounted };
  const details = { chatId, messageId, candidates: another ? 'more than one' : 'none' };
  return {
    events: [
      { type: 'ExternalCounted', external, sentAt },
      ...(another ? [alert('ambiguous_observed', 'warning', details)] : []),
    ],
    answer: { matched: null, counted: isCounted },
  };
}

const matched = (reservationId: ReservationId, events: readonly Event[]): Decided<Observed> => ({
  events,
  answer: { matched: reservationId, counted: false },
});

/** Returns open slots for that recipient that were reserved at most a minute after the send. */
const candidates = (account: Account, seen: Observe, sentAt: Instant): Slot[] => {
  const recipientId = seen.recipientId && keptRecipient(seen.recipientId);
  return account.slots.filter(
    (slot) =>
      (slot.state === 'in_flight' || slot.state === 'uncertain') &&
      recipientId !== undefined &&
      isSameRecipient(slot.recipientId, recipientId) &&
      slot.reservedAt <= sentAt + OBSERVED_SLACK_MS,
  );
};

const delivered = (slot: Slot, { chatId, messageId }: Observe, sentAt: Instant): Event => ({
  type: 'SlotDelivered',
  slot: deliveredSlot(slot, { chatId, messageId }, sentAt),
  source: 'pipeline',
});
