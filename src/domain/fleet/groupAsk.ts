/**
 * One ask for a group of accounts (R31): which accounts are asked, in which order, and which denial
 * is the answer. Example: Anna denies with `paced`, and Ben grants: the answer names Ben. A week
 * later an ask for the same recipient goes to Ben only.
 */
import type { CallerDecisionWire } from './fleetHeld.js';
import { FLEET_HELD } from './fleetHeld.js';
import type { DenialReason } from '../gate/gate.js';
import { compare } from '../primitives/ids.js';
import { REMEMBERED_DAYS } from '../primitives/limits.js';
import { isoOrNull, startOf, type Instant, type UtcDay } from '../primitives/time.js';
import type { DenialWire, GrantWire } from '../wire/decisions.js';

/** Maximum accounts that one ask of a group asks, and that one answer names. */
export const MEMBERS_ASKED_MAX = 20;

/** A reservation of the recipient that an account of the group has, or had when it was in it. */
export type GroupContact = {
  readonly accountId: string;
  /** True: the account is in the group now, and connected. */
  readonly isMember: boolean;
  readonly reservationId: string;
  /** When the account has forgotten it, exclusive; null: only its outcome decides. */
  readonly until: Instant | null;
};

/** A member, and why its rows deny a reserve. */
export type Listed = {
  readonly accountId: string;
  readonly reason: DenialReason | null;
  readonly notBefore: string | null;
};
/** The members of a group in the order in which they are asked, and those that need a person. */
export type GroupOrder = {
  readonly asks: readonly Listed[];
  readonly stopped: readonly Listed[];
};

export type GroupMemberWire = {
  readonly accountId: string;
  readonly reason: DenialReason | typeof FLEET_HELD;
  readonly retryAt: string | null;
  /** False: the reason is that of the account's rows. */
  readonly asked: boolean;
};
export type GroupGrantWire = GrantWire & { readonly accountId: string };
export type GroupDenialWire = Omit<DenialWire, 'reason'> & {
  readonly reason: DenialReason | typeof FLEET_HELD;
  /** The account whose denial this is; null: no account was asked. */
  readonly accountId: string | null;
  readonly members: readonly GroupMemberWire[];
};
export type GroupAnswerWire = GroupGrantWire | GroupDenialWire;

/** Returns when an account has forgotten a contact that its rows name (R20). */
export function contactEnd(row: {
  readonly state: 'in_flight' | 'uncertain' | 'delivered';
  readonly quotaDay: UtcDay;
  readonly today: UtcDay;
  readonly memoryDays: number;
}): Instant | null {
  const { state, quotaDay, today, memoryDays } = row;
  const isOpen = state === 'uncertain' && today <= quotaDay + REMEMBERED_DAYS;
  if (state === 'in_flight' || isOpen) return null;
  return startOf(quotaDay + Math.max(REMEMBERED_DAYS, memoryDays) + 1);
}

export type Route =
  /** An account that has left the group has contacted the recipient. */
  | { readonly contacted: GroupContact }
  /** `isTied`: no other account may write to the recipient. */
  | { readonly asks: readonly string[]; readonly isTied: boolean };

/**
 * Returns the accounts to ask. A recipient stays with the account that has contacted them. Without
 * such an account, the one that was asked last is first, because a lost answer may be its grant.
 */
export function routeOf(ask: {
  readonly order: readonly string[];
  /** The account that this reservation has come to, if it is a member. */
  readonly placed: string | null;
  /** The account with the last grant of the group for the recipient, if it is a member. */
  readonly granted: string | null;
  readonly contacts: readonly GroupContact[];
  readonly again: boolean;
  readonly at: Instant;
}): Route {
  const { order, placed, granted, contacts, again, at } = ask;
  const standing = contacts.filter(({ until }) => until === null || until > at);
  const ofMembers = contacts.filter(({ isMember }) => isMember);
  const tied = longest(standing.filter(({ isMember }) => isMember));
  if (tied) return { asks: [tied.accountId], isTied: true };
  const gone = longest(standing);
  if (gone && !again) return { contacted: gone };
  const last = ofMembers.find(({ accountId }) => accountId === granted) ?? longest(ofMembers);
  if (last) return { asks: [last.accountId], isTied: true };
  const first = [granted, placed].filter((one) => one !== null);
  return { asks: [...new Set([...first, ...order])].slice(0, MEMBERS_ASKED_MAX), isTied: false };
}

function longest(contacts: readonly GroupContact[]): GroupContact | undefined {
  const end = ({ until }: GroupContact): number => until ?? Infinity;
  return contacts.toSorted((a, b) => end(b) - end(a) || compare(a.accountId, b.accountId))[0];
}

/** A denial with the account that gave it. */
export type MemberDenial = Exclude<CallerDecisionWire, GrantWire> & { readonly accountId: string };

/**
 * True if no other account is asked after this denial: it concerns the recipient, the time of the
 * ask or the whole fleet. An account that was asked before may not have given its claim for this
 * very ask back (R20): then the next one is asked.
 */
export function endsWalk(denial: Exclude<CallerDecisionWire, GrantWire>): boolean {
  const { reason, contactedBy, reservationId } = denial;
  if (reason === 'expired' || reason === FLEET_HELD) return true;
  if (contactedBy === reservationId) return false;
  return contactedBy !== undefined || reason === 'recipient_contacted';
}

/** Returns the denial whose `retryAt` is the soonest; the first of equal ones. */
export const soonest = (denials: readonly MemberDenial[]): MemberDenial | undefined =>
  denials.toSorted(
    (a, b) =>
      Number(a.retryAt === null) - Number(b.retryAt === null) ||
      compare(a.retryAt ?? '', b.retryAt ?? ''),
  )[0];

/** Returns the denial of the group: that of `last` if it ends the walk, else the soonest. */
export function groupDenial(ask: {
  readonly reservationId: string;
  readonly denials: readonly MemberDenial[];
  readonly last?: MemberDenial | undefined;
  /** Members that were not asked, because only a person can help. */
  readonly stopped: readonly Listed[];
}): GroupDenialWire {
  const { reservationId, denials, last, stopped } = ask;
  const asked = denials.map(({ accountId, reason, retryAt }) => ({
    accountId,
    reason,
    retryAt,
    asked: true,
  }));
  const others = stopped.flatMap(({ accountId, reason, notBefore }) =>
    reason === null ? [] : [{ accountId, reason, retryAt: notBefore, asked: false }],
  );
  const members = [...asked, ...others].slice(0, MEMBERS_ASKED_MAX);
  const best = last ?? soonest(denials);
  if (best) return { ...best, reservationId, members };
  const [first] = others;
  const { accountId = null, reason = 'disconnected' as const } = first ?? {};
  return { granted: false, reservationId, reason, retryAt: null, accountId, members };
}

/** Returns the denial for a recipient with whom another reservation or account works. */
export const groupContacted = (ask: {
  readonly reservationId: string;
  readonly contactedBy: string;
  readonly accountId: string | null;
  readonly until: Instant | null;
}): GroupDenialWire => ({
  granted: false,
  reservationId: ask.reservationId,
  reason: 'recipient_contacted',
  contactedBy: ask.contactedBy,
  accountId: ask.accountId,
  retryAt: isoOrNull(ask.until),
  members: [],
});
