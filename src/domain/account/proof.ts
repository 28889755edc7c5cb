/**
 * Which InMail a proof belongs to (R4, R15). Proofs and ids are also keys, so that rows are matched
 * with slots in one pass over each: the time of a reconcile grows with its rows, not with their
 * square (R8).
 */
import { isSameId, kept } from './kept.js';
import { normalProof } from '../primitives/linkedinId.js';
import type { Instant } from '../primitives/time.js';
import type { Proof, Slot } from './account.js';

export const isSameProof = (one: Proof, other: Proof): boolean =>
  isSameId(one.chatId, other.chatId) && isSameId(one.messageId, other.messageId);

/** True if the proof is that of the slot, with or without a message id observed later (R4). */
export const isProvenBy = (slot: Slot, proof: Proof): boolean =>
  slot.state === 'delivered' &&
  (isSameProof(slot, proof) ||
    (slot.isAdopted && proof.messageId === null && isSameId(slot.chatId, proof.chatId)));

/** True if a delivery without a message id is the send observed later in its chat (R4). */
export const isMessageOf = (slot: Slot, observed: Proof & { readonly at: Instant }): boolean =>
  slot.state === 'delivered' &&
  slot.messageId === null &&
  isSameId(slot.chatId, observed.chatId) &&
  slot.reservedAt <= observed.at;

/** Returns the same text for the same proof, also for a fingerprint or another spelling of it. */
export const proofKey = ({ chatId, messageId }: Proof): string =>
  // No id has a control character, so a line feed separates the two without doubt.
  messageId === null ? keyOf(chatId) : `${keyOf(chatId)}\n${keyOf(messageId)}`;
const keyOf = (id: string): string => kept(normalProof(id));

export class SlotIndex {
  readonly #byId = new Map<string, Slot>();
  readonly #byProof = new Map<string, Slot[]>();

  constructor(slots: readonly Slot[]) {
    for (const slot of slots) {
      this.#byId.set(slot.reservationId, slot);
      for (const key of keysOf(slot)) {
        const others = this.#byProof.get(key);
        if (others) others.push(slot);
        else this.#byProof.set(key, [slot]);
      }
    }
  }

  byId(reservationId: string | null): Slot | undefined {
    return reservationId === null ? undefined : this.#byId.get(reservationId);
  }

  /** Returns the slots that the proof proves (`isProvenBy`), in the order of the account. */
  provenBy(proof: Proof): readonly Slot[] {
    return this.#byProof.get(proofKey(proof)) ?? [];
  }
}

/** Returns the keys of a delivered slot: its proof, and that before a message was observed (R4). */
function keysOf(slot: Slot): readonly string[] {
  if (slot.state !== 'delivered') return [];
  const own = proofKey(slot);
  const bare = proofKey({ chatId: slot.chatId, messageId: null });
  return slot.isAdopted && bare !== own ? [own, bare] : [own];
}
