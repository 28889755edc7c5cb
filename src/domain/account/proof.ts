/** Which InMail a proof belongs to (R4, R15). */
import { isSameId } from './kept.js';
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
