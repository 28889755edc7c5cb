/** "Can it send?": the answer of the query `peek` in a form for people and programs. */
import { isOpenAt, nextBound } from '../account/sendingWindow.js';
import type { Account } from '../account/account.js';
import type { DenialReason } from '../gate/gate.js';
import { isoOrNull, type Instant } from '../primitives/time.js';
import { peekWire, type PeekWire, type WouldDenyWire } from './decisions.js';

export type CanSend = {
  /** True if a reserve would be granted now. */
  readonly canSend: boolean;
  /** The first reason that denies; null if the account can send. */
  readonly reason: DenialReason | null;
  /**
   * The first instant at which a reserve is granted, if no message comes. Null if the account can
   * send, if only a person can help, and for `unverified`: the next successful reconcile decides.
   */
  readonly notBefore: string | null;
  /** Slots that are left today; 0 if the account cannot send now. */
  readonly left: number;
  /** True if no reserve is granted until a person acts. */
  readonly needsPerson: boolean;
  /** When the sending window closes, if it is open and the account can send; null: no window. */
  readonly until: string | null;
  /**
   * In shadow mode: what would deny the reserve in the mode `enforce`. Absent: nothing would, or
   * the account is not in shadow mode (R23).
   */
  readonly wouldDeny?: WouldDenyWire;
};

/** The groups by which lists of accounts are filtered. */
export const SENDINGS = ['yes', 'waits', 'person'] as const;
export type Sending = (typeof SENDINGS)[number];
/** `none`: the account is disconnected. Its state names this group already, so no filter does. */
export type SendingGroup = Sending | 'none';

/** Returns the group of an account. A disconnected account was stopped on purpose: `none`. */
export function sendingOf({ canSend }: { readonly canSend: CanSend }): SendingGroup {
  if (canSend.canSend) return 'yes';
  if (canSend.reason === 'disconnected') return 'none';
  return canSend.needsPerson ? 'person' : 'waits';
}

/** Returns the answer for an account, as of that instant. It asks the gate, and has no rule. */
export const canSendAt = (account: Account, at: Instant, isForecast = false): CanSend =>
  canSendOf(peekWire(account, at, isForecast), closingAt(account, at));

/** Returns the answer that a decision of the gate means. */
export function canSendOf(peek: PeekWire, closesAt: Instant | null): CanSend {
  if (peek.granted) {
    const { wouldDeny, remainingToday } = peek;
    // The decision counts what is left after its own slot.
    const left = wouldDeny ? 0 : remainingToday + 1;
    const until = isoOrNull(closesAt);
    const shadow = wouldDeny ? { wouldDeny } : {};
    const yes = { canSend: true, reason: null, notBefore: null } as const;
    return { ...yes, left, needsPerson: false, until, ...shadow };
  }
  const { reason, retryAt } = peek;
  // The next try of a reconcile may fail, so its time is no promise.
  const notBefore = reason === 'unverified' ? null : retryAt;
  const needsPerson = retryAt === null;
  return { canSend: false, reason, notBefore, left: 0, needsPerson, until: null };
}

function closingAt({ openings, policy }: Account, at: Instant): Instant | null {
  if (policy.sendingWindow === null || openings === null || !isOpenAt(openings, at)) return null;
  return nextBound(openings, at) ?? null;
}
