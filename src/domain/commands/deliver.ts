/** A delivery with proof always counts, once, on the slot's own quota day (R4, R5, R15). */
import { findSlot, type Account, type Proof, type Slot } from '../account/account.js';
import { changed, deliveredSlot } from '../account/slot.js';
import { alert, type Event, type Source } from '../account/events.js';
import { isSameId, keptProof } from '../account/kept.js';
import type { ChatId, MessageId, ReservationId } from '../primitives/ids.js';
import type { Instant } from '../primitives/time.js';
import { isProvenBy, isSameProof } from '../account/proof.js';
import { refuse, type Decided } from '../account/refusals.js';

export type Deliver = {
  readonly reservationId: ReservationId;
  readonly chatId: ChatId;
  readonly messageId?: MessageId | undefined;
  /** For display only (R16). */
  readonly deliveredAt?: Instant | undefined;
  readonly source?: Source | undefined;
  /** The row of a proof that the account has forgotten (lookup.ts). */
  readonly logged?: { readonly reservationId: ReservationId | null } | undefined;
};
export type Delivered = { readonly settled: 'delivered' | 'already_delivered' | 'external' };

type Known = { readonly owner: Slot | undefined; readonly isExternal: boolean };

/** Counts a delivery of a slot, or an external one if no slot is known. */
export function deliver(account: Account, report: Deliver, at: Instant): Decided<Delivered> {
  const slot = findSlot(account, report.reservationId);
  const proof: Proof = { chatId: report.chatId, messageId: report.messageId ?? null };
  const { owner, isExternal } = whoHas(account, proof);
  const isTaken = owner !== undefined && owner !== slot && !isLent(owner, proof);
  if (isTaken) return taken(report, `reservation ${owner.reservationId} has it`);
  const returned = owner && owner !== slot ? [givenBack(owner)] : [];
  if (!slot) {
    if (isExternal || report.logged) return settled('external', []);
    const details = { reservationId: report.reservationId, chatId: report.chatId };
    return settled('external', [
      ...returned,
      external(account, proof, at),
      alert('old_id', 'warning', { ...details, message: 'sendDelivered' }),
    ]);
  }
  const isAfter = isExternal && slot.reservedAt > cameAt(account, proof);
  if (isAfter) return taken(report, 'it was observed before the slot was reserved');
  if (slot.state === 'delivered') return secondProof(account, slot, report, returned, at);
  return settled('delivered', [...returned, ...delivery(account, slot, proof, report, at)]);
}

/** A delivery by Signal without a chat: the slot is spent until someone knows (R4). */
export function deliverWithoutChat(
  account: Account,
  reservationId: ReservationId,
  at: Instant,
): Decided<null> {
  const slot = findSlot(account, reservationId);
  const missing = alert('chat_id_missing', 'warning', { reservationId });
  const isInFlight = slot?.state === 'in_flight';
  const events = isInFlight
    ? [changed(slot, 'uncertain', 'chat_id_missing', at), missing]
    : [missing];
  return { events, answer: null };
}

/** Returns the delivered slot that a proof belongs to, or if it is an external send's. */
export function whoHas(account: Account, proof: Proof): Known {
  const kept = keptProof(proof);
  const owner = account.slots.find((slot) => isProvenBy(slot, kept));
  return { owner, isExternal: account.externals.some((known) => isSameProof(known, kept)) };
}

/** True if the owner has the message id from an observed send: a reported one replaces it (R4). */
export const isLent = (owner: Slot, proof: Proof): boolean =>
  owner.state === 'delivered' && owner.isAdopted && proof.messageId !== null;

/** Returns the slot as delivered by its own report alone; the event log may lack that row. */
export const givenBack = (owner: Slot): Event => ({
  type: 'SlotDelivered',
  slot:
    owner.state === 'delivered'
      ? deliveredSlot(owner, { chatId: owner.chatId, messageId: null }, owner.settledAt)
      : owner,
  source: 'pipeline',
});

const cameAt = (account: Account, proof: Proof): Instant =>
  account.externals.find((known) => isSameProof(known, proof))?.at ?? Infinity;

/** Returns the facts that make a slot delivered. */
function delivery(
  account: Account,
  slot: Slot,
  proof: Proof,
  report: Deliver,
  at: Instant,
): Event[] {
  const observed = externalFor(account, slot, proof);
  const messageId = proof.messageId ?? observed?.messageId ?? null;
  const isAdopted = proof.messageId === null && messageId !== null;
  const late = { reservationId: slot.reservationId, chatId: proof.chatId, was: slot.state };
  const deliveredAt = Math.min(report.deliveredAt ?? at, at);
  return [
    ...(slot.state === 'released' ? [alert('late_delivery', 'warning', late)] : []),
    ...(observed ? [claim(slot, observed)] : []),
    {
      type: 'SlotDelivered',
      slot: deliveredSlot(slot, { chatId: proof.chatId, messageId }, deliveredAt, isAdopted),
      source: observed ? null : (report.source ?? 'pipeline'),
    },
  ];
}

type SeenExternal = Account['externals'][number];

/** Returns the observed send of this delivery: the same proof, or the first in its chat. */
function externalFor(account: Account, slot: Slot, proof: Proof): SeenExternal | undefined {
  return account.externals.find((known) =>
    proof.messageId === null
      ? isSameId(known.chatId, proof.chatId) && slot.reservedAt <= known.at
      : isSameProof(known, proof),
  );
}

const claim = (slot: Slot, seen: SeenExternal): Event => ({
  type: 'ExternalClaimed',
  proof: { chatId: seen.chatId, messageId: seen.messageId },
  isSameDay: seen.quotaDay === slot.quotaDay,
  reservedAt: slot.reservedAt,
});

/** Takes another proof of a delivered slot: its own, its own completed, or one InMail more (R4). */
function secondProof(
  account: Account,
  slot: Extract<Slot, { state: 'delivered' }>,
  { chatId, messageId, logged }: Deliver,
  returned: readonly Event[],
  at: Instant,
): Decided<Delivered> {
  const proof: Proof = { chatId, messageId: messageId ?? null };
  const isOwn = isSameId(slot.chatId, proof.chatId);
  if (isOwn && (proof.messageId === null || isSameId(proof.messageId, slot.messageId))) {
    const isAdopted = slot.isAdopted && proof.messageId === null;
    const confirmed: Event = {
      type: 'ProofCompleted',
      slot: deliveredSlot(slot, slot, slot.settledAt, isAdopted),
    };
    return settled('already_delivered', slot.isAdopted === isAdopted ? [] : [confirmed]);
  }
  if (isOwn && (slot.messageId === null || slot.isAdopted)) {
    const seen = account.externals.find((known) => isSameProof(known, proof));
    return settled('already_delivered', [
      ...returned,
      ...(slot.isAdopted ? [external(account, slot, at)] : []),
      ...(seen ? [claim(slot, seen)] : []),
      {
        type: 'ProofCompleted',
        slot: deliveredSlot(slot, proof, slot.settledAt),
      },
    ]);
  }
  if (logged || whoHas(account, proof).isExternal) return settled('already_delivered', returned);
  const details = { reservationId: slot.reservationId, chatId: proof.chatId };
  return settled('already_delivered', [
    ...returned,
    external(account, proof, at),
    alert('double_send', 'critical', { ...details, message: 'a second proof' }),
  ]);
}

const settled = (what: Delivered['settled'], events: readonly Event[]): Decided<Delivered> => ({
  events,
  answer: { settled: what },
});

/** Counts a delivery without a reservation today, at once. */
const external = (account: Account, { chatId, messageId }: Proof, at: Instant): Event => ({
  type: 'ExternalCounted',
  external: { chatId, messageId, quotaDay: account.day, at, isCounted: true },
  sentAt: at,
});

/** Refuses a proof of another InMail: a chat may have several, and the message id names one. */
function taken({ reservationId, chatId, messageId }: Deliver, who: string): Decided<Delivered> {
  const next =
    messageId === undefined
      ? 'A second InMail in one chat needs its messageId: report it again with the id of its own ' +
        'message. If it is the same InMail, reported again, nothing has to be done: it counts.'
      : 'The messageId is that of the other InMail too: report it with the id of its own message. ' +
        'If it is the same InMail, nothing has to be done: it counts.';
  const message = `reservation ${reservationId}: chatId ${chatId} is taken: ${who}. ${next}`;
  return refuse('ChatIdTaken', message);
}
