/** An operator settles a slot after a check in LinkedIn (R5). */
import { findSlot, type Account } from '../account/account.js';
import { changed } from '../account/slot.js';
import { deliver } from './deliver.js';
import type { Event } from '../account/events.js';
import type { ChatId, ReservationId } from '../primitives/ids.js';
import { isoInstant, type Instant } from '../primitives/time.js';
import { isRefusal, refuse, type Decided } from '../account/refusals.js';

export type Settle = {
  readonly reservationId: ReservationId;
  readonly outcome: 'delivered' | 'released';
  readonly chatId?: ChatId | undefined;
  readonly reason: string;
  readonly actor: string;
};
export type Settled = { readonly settled: string };

/** Records the outcome that a person found. Never frees a slot that may still be sent (R5). */
export function settleByOperator(account: Account, order: Settle, at: Instant): Decided<Settled> {
  const { reservationId, outcome, chatId } = order;
  const slot = findSlot(account, reservationId);
  const name = `reservation ${reservationId}`;
  if (!slot) return refuse('ReservationUnknown', `${name} is not known here`);
  const details = { reservationId, outcome, reason: order.reason, chatId: chatId ?? null };
  const noted: Event = { type: 'SettledByOperator', actor: order.actor, details };
  if (outcome === 'delivered') {
    if (!chatId)
      return refuse('ChatIdMissing', `${name}: chatId: a delivery needs LinkedIn's chat`);
    const { events, answer } = deliver(account, { reservationId, chatId, source: 'operator' }, at);
    const isDone = isRefusal(answer) || answer.settled !== 'delivered';
    return { events: isDone ? events : [...events, noted], answer };
  }
  if (slot.state === 'delivered') {
    return refuse('ReservationSettled', `${name}: it is delivered with a proof; it stays so`);
  }
  if (slot.state === 'released') return { events: [], answer: { settled: 'already_released' } };
  if (at < slot.leaseExpiresAt) {
    const until = isoInstant(slot.leaseExpiresAt);
    const message = `${name}: outcome: its lease runs until ${until}, it may still be sent`;
    return refuse('InvalidInput', message);
  }
  const released = changed(slot, 'released', 'operator', at);
  return { events: [released, noted], answer: { settled: 'released' } };
}
