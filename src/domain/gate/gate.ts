/**
 * The gate: the ordered list of reasons to deny a reserve. The order is the policy, and the first
 * reason that holds is the answer (docs/contract.md, 2).
 */
import type { Account } from '../account/account.js';
import { campaignRoom } from './campaigns.js';
import { capEnds, churned, fullState, midnightAfter, roomOf, type Room } from './caps.js';
import { SAFE_BAND } from '../primitives/tier.js';
import { VERIFY_RETRY_MS } from '../primitives/limits.js';
import type { Instant } from '../primitives/time.js';
import { isOpenAt, nextOpening } from '../account/sendingWindow.js';
import { cooldownAt, isBroken } from './cooldown.js';
import { paceAt } from './pacing.js';
import { isFresh, isKnown, isVerified } from './verified.js';
import { contactAt, type Contact } from './recipient.js';
import type { DenialReason } from './reasons.js';
import type { CampaignId, ReservationId } from '../primitives/ids.js';

export { DENIAL_REASONS, isDenialReason, type DenialReason } from './reasons.js';

/** One reason to deny, and when this reason ends; null: only a person can end it. */
export type Barrier = {
  readonly reason: DenialReason;
  readonly limit?: number;
  readonly used?: number;
  /** The reservation that has contacted the recipient (R20). */
  readonly contactedBy?: ReservationId;
  readonly until: Instant | null;
};
/** What the gate reads of a reserve. Without a campaign, none has a cap; a free one has no cost. */
export type Ask = {
  readonly validUntil?: Instant | null | undefined;
  readonly campaignId?: CampaignId | null | undefined;
  readonly free?: boolean | undefined;
  readonly contacts?: readonly Contact[];
  /** True: only the reasons that deny in shadow mode, too (R23). */
  readonly inShadow?: boolean | undefined;
};
type Asked = {
  readonly account: Account;
  readonly at: Instant;
  readonly validUntil: Instant | null;
  readonly campaignId: CampaignId | null;
  readonly isFree: boolean;
  /** A forecast assumes that the account can be verified at any time (R17). */
  readonly isForecast: boolean;
  readonly contacts: readonly Contact[];
  readonly room: () => Room;
};
type Reason = (asked: Asked) => Barrier | undefined;

const expired: Reason = ({ at, validUntil }) =>
  validUntil !== null && validUntil <= at ? { reason: 'expired', until: at } : undefined;

const disconnected: Reason = ({ account }) =>
  account.isDisconnected ? { reason: 'disconnected', until: null } : undefined;

const held: Reason = ({ account }) => (account.hold ? { reason: 'held', until: null } : undefined);

const noCredits: Reason = ({ account, at, isFree }) => {
  const until = account.breakerUntil;
  return isFree || !isBroken(account, at) ? undefined : { reason: 'no_credits', until };
};

const cooldown: Reason = ({ account, at }) => {
  const cooling = cooldownAt(account, at);
  return cooling ? { reason: 'cooldown', until: cooling.until } : undefined;
};

const unverified: Reason = ({ account, at, isForecast }) =>
  isForecast || isVerified(account, at)
    ? undefined
    : { reason: 'unverified', until: at + VERIFY_RETRY_MS };

const tierHasNoInmail: Reason = ({ account }) =>
  SAFE_BAND[account.policy.tier] === 0
    ? { reason: 'tier_has_no_inmail', limit: 0, used: 0, until: null }
    : undefined;

const recipientContacted: Reason = ({ contacts, at }) => {
  const contact = contactAt(contacts, at);
  if (!contact) return undefined;
  const { reservationId: contactedBy, until } = contact;
  return { reason: 'recipient_contacted', contactedBy, until };
};

const campaignCap: Reason = ({ account, campaignId }) => {
  const room = campaignRoom(account, campaignId);
  if (!room || room.used < room.limit) return undefined;
  return { reason: 'campaign_cap', ...room, until: capEnds(account, room.limit) };
};

const weeklyCap: Reason = ({ account, room }) => {
  const { weekly, weekUsed } = room();
  return weekUsed >= weekly
    ? { reason: 'weekly_cap', limit: weekly, used: weekUsed, until: capEnds(account, weekly) }
    : undefined;
};

const capOfDay =
  (reason: DenialReason, name: 'ramp' | 'velocity' | 'learnt' | 'daily'): Reason =>
  ({ account, room }) => {
    const { counter, carried, [name]: limit } = room();
    const used = counter + carried;
    return limit !== null && used >= limit
      ? { reason, limit, used, until: capEnds(account, limit) }
      : undefined;
  };
const rampCap = capOfDay('ramp_cap', 'ramp');
const velocityCap = capOfDay('velocity_cap', 'velocity');
const learntCap = capOfDay('learnt_cap', 'learnt');
const dailyCap = capOfDay('daily_cap', 'daily');

const churnCap: Reason = (asked) => {
  const full = churned(asked.room());
  if (!full) return stateIsFull(asked);
  return { reason: 'churn_cap', ...full, until: midnightAfter(asked.account) };
};

const stateIsFull: Reason = ({ account }) => {
  const full = fullState(account);
  return full && { reason: 'churn_cap', ...full, until: midnightAfter(account) };
};

/** With too many rows nothing compares the counter, so shadow mode has nothing to compare (R23). */
const tooManyRows: Reason = (asked) => (asked.account.isCrowded ? unverified(asked) : undefined);

const outsideWindow: Reason = ({ account, at }) => {
  const { openings, policy } = account;
  if (policy.sendingWindow === null || openings === null || at >= openings.until) return undefined;
  if (isOpenAt(openings, at)) return undefined;
  return { reason: 'outside_window', until: nextOpening(openings, at) ?? openings.until };
};

const paced: Reason = ({ account, at }) => {
  const pace = paceAt(account, at);
  return pace && { reason: 'paced', ...pace };
};

/**
 * True if only the age of the last reconcile denies the reserve. Then a reconcile comes first, so
 * that the answer is a grant or another reason (R12).
 */
export const wantsCheck = (account: Account, at: Instant, free = false): boolean =>
  isKnown(account, at) &&
  !isFresh(account, at) &&
  (account.runFailedAt === null || at - account.runFailedAt >= VERIFY_RETRY_MS) &&
  barrierAt(account, at, { free })?.reason === 'unverified';

/** Returns the first reason that holds at `at`, for an account whose day is that instant's. */
export function barrierAt(
  account: Account,
  at: Instant,
  options: Ask & { readonly isForecast?: boolean } = {},
): Barrier | undefined {
  let known: Room | undefined;
  const asked: Asked = {
    account,
    at,
    validUntil: options.validUntil ?? null,
    campaignId: options.campaignId ?? null,
    isFree: options.free ?? false,
    isForecast: options.isForecast ?? false,
    contacts: options.contacts ?? [],
    room: () => (known ??= roomOf(account)),
  };
  const always = expired(asked) ?? disconnected(asked);
  if (options.inShadow) return always ?? tooManyRows(asked) ?? stateIsFull(asked);
  return (
    always ??
    held(asked) ??
    noCredits(asked) ??
    cooldown(asked) ??
    unverified(asked) ??
    tierHasNoInmail(asked) ??
    recipientContacted(asked) ??
    campaignCap(asked) ??
    weeklyCap(asked) ??
    rampCap(asked) ??
    velocityCap(asked) ??
    learntCap(asked) ??
    dailyCap(asked) ??
    churnCap(asked) ??
    outsideWindow(asked) ??
    paced(asked)
  );
}
