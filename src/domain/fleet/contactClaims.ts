/**
 * Claims of an account on recipients of its group (R20, `recipientScope`). Example: Anna and Ben
 * are asked for one person at the same moment. Anna has the claim, so only Anna may grant.
 */
import { isSameRecipient } from '../account/kept.js';
import type { GroupContact } from '../gate/recipient.js';
import type { AccountId, Group, RecipientId, ReservationId } from '../primitives/ids.js';
import { CLAIM_MS } from '../primitives/limits.js';
import type { Instant, UtcDay } from '../primitives/time.js';

/** The ask that wants a recipient. */
export type WantedClaim = {
  readonly recipientId: RecipientId;
  readonly reservationId: ReservationId;
};

/** A claim that is given back. `at`: when its lookup began. */
export type LeftClaim = WantedClaim & { readonly group: Group; readonly at: Instant };

export type ContactClaims = {
  readonly accountId: AccountId;
  readonly group: Group;
  /** The time of the workflow; it also names the claims of this lookup. */
  readonly at: Instant;
  readonly day: UtcDay;
  /** The memory of the asking account, and its first day. */
  readonly memoryDays: number;
  readonly since: UtcDay;
  /** Each recipient once. */
  readonly claims: readonly WantedClaim[];
};

/** `claim` is the place in the ask; so are the members of `claimed`. */
export type ClaimedContacts = {
  readonly ofGroup: readonly (Omit<GroupContact, 'recipientId'> & { readonly claim: number })[];
  readonly claimed: readonly number[];
};

/** What the group has of the recipients of a lookup, and for which asks they are claimed. */
export type Claimed = {
  readonly group: Group;
  /** When the lookup began. */
  readonly at: Instant;
  readonly ofGroup: readonly GroupContact[];
  /** The asks of the lookup. */
  readonly wanted: readonly WantedClaim[];
  readonly claimed: readonly WantedClaim[];
};

/** An ask for a slot, as far as claims are compared. */
type Ask = {
  readonly reservationId: ReservationId;
  readonly recipientId?: RecipientId | undefined;
};

/** True if the lookup has claimed the recipient for this ask. */
export const isClaimed = ({ claimed }: Claimed, { reservationId, recipientId }: Ask): boolean =>
  recipientId !== undefined &&
  claimed.some(
    (one) => one.reservationId === reservationId && isSameRecipient(one.recipientId, recipientId),
  );

/**
 * True if the account may grant the ask: it has the claim in its group, and no save has ended it
 * yet. Example: a worker stopped after the lookup, and the next one decides a minute later. Another
 * account may have the recipient since.
 */
export const mayDecide = (
  claim: Claimed | undefined,
  ask: Ask & { readonly group: Group; readonly at: Instant },
): boolean => claim?.group === ask.group && isClaimed(claim, ask) && ask.at - claim.at <= CLAIM_MS;
