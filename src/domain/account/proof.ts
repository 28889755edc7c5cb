/** Which InMail a proof is of (R4, R15). */
import { isSameId } from './kept.js';
import type { Instant } from '../primitives/time.js';
import type { Proof, Slot } from './account.js';

export const isSameProof = (one: Proof, other: Proof): boolean =>
  isSameId(one.chatId, other.chatId) && isSameId(one.messageId, other.messageId);

/** A delivered slot's proof, also by what was reported before a message id was observed (R4). */
export const isProvenBy = (slot: Slot, proof: Proof): boolean =>
  slot.state === 'delivered' &&
  (isSameProof(slot, proof) ||
    (slot.isAdopted && proof.messageId === null && isSameId(slot.chatId, proof.chatId)));

/** A delivery that was told without a message is the one seen in its chat after its grant (R4). */
export const isMessageOf = (slot: Slot, seen: Proof & { readonly at: Instant }): boolean =>
  slot.state === 'delivered' &&
  slot.messageId === null &&
  isSameId(slot.chatId, seen.chatId) &&
  slot.reservedAt <= seen.at;
