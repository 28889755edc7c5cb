/**
 * Claims of an account on recipients of its group (R20, `recipientScope`). Example: Anna and Ben
 * are asked for one person at the same moment. Anna has the claim, so only Anna may grant.
 */
import type { GroupContact } from '../gate/recipient.js';
import type { AccountId, Group, RecipientId, ReservationId } from '../primitives/ids.js';
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
