/** The shapes that callers get, with instants and days as text (docs/contract.md, 2). */
import { bookOf, findSlot, isOpen, type Account } from '../account/account.js';
import { roomOf, type CapName, type Caps } from '../gate/caps.js';
import { knownCeiling, type KnownCeiling } from '../gate/learnt.js';
import { fullCapOn } from '../gate/ramps.js';
import { isDoubtful } from '../gate/verified.js';
import { modeOf, type Mode } from '../account/policy.js';
import type { Tier } from '../primitives/tier.js';
import { isoDay, isoInstant, isoOrNull, type Instant } from '../primitives/time.js';
import type { Group, ReservationId } from '../primitives/ids.js';
import { carriedOf, counterOf, tallyOf } from '../account/counter.js';
import { cooldownAt, isBroken, mayAttempt } from '../gate/cooldown.js';
import { stateOf, type AccountState } from '../gate/accountState.js';
import { canSendAt, type CanSend } from './canSend.js';
import { askWire, openWire, type OpenReservation, type WaitingAskWire } from './decisions.js';
import { knownCredits, type KnownCredits } from '../gate/credits.js';
import { findAsk, waitingOf } from '../gate/line.js';

/** One consistent read of an account; conservation holds in each. */
export type StatusWire = {
  readonly accountId: string;
  readonly asOf: string;
  readonly state: AccountState;
  /** `shadow`: the gate denies almost nothing, and records what it would deny (R23). */
  readonly mode: Mode;
  /** The label of accounts that belong together; null: none (R26). */
  readonly group: Group | null;
  readonly tier: Tier;
  readonly quotaDay: string;
  readonly version: number;
  readonly counter: number;
  readonly inFlight: number;
  readonly uncertain: number;
  readonly delivered: number;
  readonly external: number;
  readonly imported: number;
  readonly unexplained: number;
  readonly carried: number;
  readonly remaining: number;
  readonly caps: Caps & { readonly effective: number; readonly binding: CapName };
  readonly weekUsed: number;
  readonly rampDay: number;
  /** The first day on which the ramp can no longer limit the account; null: it does not today. */
  readonly fullCapOn: string | null;
  /** The ceiling that LinkedIn's refusals taught (R25), also while the policy does not apply it. */
  readonly learnt: KnownCeiling | null;
  readonly cooldown: { readonly until: string; readonly cause: string } | null;
  readonly hold: { readonly reason: string; readonly actor: string; readonly since: string } | null;
  readonly breakerUntil: string | null;
  readonly lastReconciledAt: string | null;
  readonly nextReconcileAt: string | null;
  readonly verified: boolean;
  readonly unsaved: number;
  readonly openReservations: readonly OpenReservation[];
  /** How many asks wait in the account for their turn (R21). */
  readonly waiting: number;
  /** The time zone of the account's sending window and of times for its people. */
  readonly timezone: string;
  /** The known balance of InMail credits (R24); null: none was observed. */
  readonly credits: KnownCredits | null;
  /** Can it send? As the query `peek` answers at that instant. */
  readonly canSend: CanSend;
  /** Denials of the quota day by reason. Null: not known, because only the workflow counts them. */
  readonly denials: { readonly [reason: string]: number } | null;
};
/** The status without the answers that need the gate; the panel of the workflow has only these. */
export type StatusNumbers = Omit<StatusWire, 'canSend' | 'denials' | 'timezone'>;
export type ReservationWire = {
  readonly reservationId: string;
  readonly state: 'in_flight' | 'uncertain' | 'released' | 'delivered';
  readonly quotaDay: string;
  readonly reservedAt: string;
  readonly leaseExpiresAt: string;
  readonly chatId: string | null;
  readonly messageId: string | null;
  readonly reason: string | null;
  /** True if the caller may call LinkedIn, as far as the account knows (R18). */
  readonly mayAttempt: boolean;
  /** The brake holds the fleet, so `mayAttempt` is false (R27). No account answers it. */
  readonly fleetHeld?: true;
  /** The first field that differs from the request that was compared; absent: none differs. */
  readonly differs?: string;
};

/** What is known of a reservation: its slot, or the ask that waits for one. */
export type KnownReservation = ReservationWire | WaitingAskWire;

/** What is known of an account's rows, in addition to the account. */
type Book = {
  readonly version: number;
  readonly unsaved: number;
  /** Null: the account is cold, so the fleet audit checks it (R8). */
  readonly nextRunAt?: Instant | null;
};

/** Returns the status. `isForecast`: of a later instant, as in `peek`. */
export const statusWire = (
  account: Account,
  at: Instant,
  book: Book,
  isForecast = false,
): StatusWire => ({
  ...statusNumbers(account, at, book),
  timezone: account.policy.timezone,
  canSend: canSendAt(account, at, isForecast),
  denials: Object.fromEntries(
    bookOf(account, account.day).denials.map(({ reason, count }) => [reason, count]),
  ),
});

export function statusNumbers(
  account: Account,
  at: Instant,
  { version, unsaved, nextRunAt = null }: Book,
): StatusNumbers {
  const { daily, weekly, ramp, velocity, learnt, effective, binding, ...room } = roomOf(account);
  const { remaining, weekUsed } = room;
  const cooling = cooldownAt(account, at);
  const fullCap = fullCapOn(account);
  return {
    accountId: account.accountId,
    asOf: isoInstant(at),
    state: stateOf(account, at),
    mode: modeOf(account.policy),
    tier: account.policy.tier,
    group: account.policy.group ?? null,
    quotaDay: isoDay(account.day),
    version,
    counter: counterOf(account, account.day),
    ...tallyOf(account, account.day),
    carried: carriedOf(account),
    remaining,
    caps: { daily, weekly, ramp, velocity, learnt, effective, binding },
    weekUsed,
    rampDay: account.rampDay,
    fullCapOn: fullCap === null ? null : isoDay(fullCap),
    learnt: knownCeiling(account),
    cooldown: cooling && { until: isoInstant(cooling.until), cause: cooling.cause },
    hold: account.hold && { ...account.hold, since: isoInstant(account.hold.since) },
    breakerUntil: isBroken(account, at) ? isoOrNull(account.breakerUntil) : null,
    lastReconciledAt: isoOrNull(account.reconciledAt),
    nextReconcileAt: isoOrNull(nextRunAt),
    verified: !isDoubtful(account, at),
    unsaved,
    openReservations: account.slots.filter(isOpen).map(openWire),
    waiting: waitingOf(account).length,
    credits: knownCredits(account, at),
  };
}

/** Returns one reservation, or the ask that waits; undefined: the id is not known. */
export function reservationWire(
  account: Account,
  reservationId: ReservationId,
  at: Instant,
): KnownReservation | undefined {
  const ask = findAsk(account, reservationId);
  if (ask) return askWire(account, ask, at);
  const slot = findSlot(account, reservationId);
  if (!slot) return undefined;
  return {
    reservationId,
    state: slot.state,
    quotaDay: isoDay(slot.quotaDay),
    reservedAt: isoInstant(slot.reservedAt),
    leaseExpiresAt: isoInstant(slot.leaseExpiresAt),
    chatId: slot.state === 'delivered' ? slot.chatId : null,
    messageId: slot.state === 'delivered' ? slot.messageId : null,
    reason: slot.state === 'uncertain' || slot.state === 'released' ? slot.reason : null,
    mayAttempt: mayAttempt(account, slot, at),
  };
}
