/**
 * Proofs and ids as keys, so that rows are matched with slots in one pass over each: the time of a
 * reconcile grows with its rows, not with their square (R8).
 */
import type { Proof, Slot } from './account.js';
import { kept } from './kept.js';
import { normalProof } from '../primitives/linkedinId.js';

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
