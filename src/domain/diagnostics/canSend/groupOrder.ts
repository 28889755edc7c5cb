/** The order in which the accounts of a group are asked for a slot (R26). */
import { compare } from '../../primitives/ids.js';
import { isoInstant, type Instant } from '../../primitives/time.js';
import type { CanSend } from '../../wire/canSend.js';

/** How many accounts an answer has, if the caller does not name a number, and at most. */
export const NEXT_DEFAULT = 10;
export const NEXT_MAX = 50;

/** A member of a group, and the next instants at which a reserve of it is granted. */
export type Member = {
  readonly accountId: string;
  readonly canSend: CanSend;
  readonly slots: readonly Instant[];
};

/** 0: it can send now. 1: from an instant on. 2: the next reconcile decides. 3: a person acts. */
function rankOf({ canSend, notBefore, needsPerson }: CanSend): number {
  if (canSend) return 0;
  if (needsPerson) return 3;
  return notBefore === null ? 2 : 1;
}

/**
 * Returns the members in their order: first those that can send now, the one with the most slots
 * left first, so that the day of no account is used up early; then the others by the instant at
 * which they can. Members that need a person are left out.
 */
export const orderOf = (members: readonly Member[]): readonly Member[] =>
  members
    .filter(({ canSend }) => !canSend.needsPerson)
    .toSorted(
      (a, b) =>
        rankOf(a.canSend) - rankOf(b.canSend) ||
        b.canSend.left - a.canSend.left ||
        compare(a.canSend.notBefore ?? '', b.canSend.notBefore ?? '') ||
        compare(a.accountId, b.accountId),
    );

/** Returns a member as programs get it. */
export const nextJson = ({ accountId, canSend, slots }: Member) => ({
  accountId,
  canSend: canSend.canSend,
  reason: canSend.reason,
  notBefore: canSend.notBefore,
  left: canSend.left,
  slots: slots.map(isoInstant),
});
export type NextJson = ReturnType<typeof nextJson>;
