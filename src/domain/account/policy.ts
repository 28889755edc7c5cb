/** The settings of an account that a customer may change (R10, R11). Null is the default. */
import type { CampaignId, Group, Identity } from '../primitives/ids.js';
import { horizonDays, type SendingWindow } from './sendingWindow.js';
import { SAFE_BAND, type Tier } from '../primitives/tier.js';
import { WEEKLY_CAP_DAYS } from '../primitives/limits.js';

export type Ramp = { readonly dailyCaps: readonly number[] };

/** The pace of grants (R19). */
export type Pacing = {
  /** From each grant to the next, before the jitter. */
  readonly minGapSeconds: number;
  /** The interval is up to this part longer or shorter. */
  readonly jitterPercent: number;
  /** Maximum grants in any 60 minutes; null: no maximum. */
  readonly perHour: number | null;
};

/** Today's cap in proportion to the mean of the last days with a send, at least `floor` (R25). */
export type Velocity = { readonly factor: number; readonly floor: number };

/** A learnt ceiling is never lower (R25). */
export const LEARNT_MIN = 1;

/** What the policy has of one campaign: a cap of its own (R22), a weight in the line (R21). */
export type CampaignCap = {
  readonly campaignId: CampaignId;
  /** Maximum of its InMails in a quota day. Absent: only the caps of the account. */
  readonly dailyCap?: number;
  /** Its share of the slots for which several campaigns wait. Absent: 1. */
  readonly weight?: number;
};
/** Maximum campaigns of a policy. */
export const CAMPAIGNS_MAX = 25;
/** A campaign of the maximum weight gets 1,000 slots for each slot of one without a weight. */
export const WEIGHT_MAX = 1_000;
export const WEIGHT_DEFAULT = 1;

/** `shadow`: the gate decides and records what it would deny, and grants (R23). */
export const MODES = ['enforce', 'shadow'] as const;
export type Mode = (typeof MODES)[number];

/** How far a recipient is compared: with this account's slots, or with its group's (R20). */
export const RECIPIENT_SCOPES = ['account', 'group'] as const;
export type RecipientScope = (typeof RECIPIENT_SCOPES)[number];

export type Policy = {
  readonly tier: Tier;
  readonly dailyCap: number | null;
  readonly weeklyCap: number | null;
  readonly ramp: Ramp | null;
  readonly sendingWindow: SendingWindow | null;
  readonly timezone: string;
  readonly identity: Identity | null;
  /**
   * The day of the month on which LinkedIn grants new InMail credits (R5). Absent for the first,
   * and in state that older code wrote.
   */
  readonly creditsRenewOn?: number | undefined;
  /** Absent for none, and in state that older code wrote (R19). */
  readonly pacing?: Pacing | undefined;
  /**
   * For how many days a recipient is not contacted again. Absent: as long as slots are remembered
   * (R20).
   */
  readonly recipientMemoryDays?: number | undefined;
  /** Absent for `account`, and in state that older code wrote (R20). */
  readonly recipientScope?: 'group' | undefined;
  /** By their ids. Absent for none, and in state that older code wrote (R22). */
  readonly campaigns?: readonly CampaignCap[] | undefined;
  /** Absent for `enforce`, and in state that older code wrote (R23). */
  readonly mode?: 'shadow' | undefined;
  /** Absent for none, and in state that older code wrote (R25). */
  readonly velocity?: Velocity | undefined;
  /** Absent for none, and in state that older code wrote (R26). */
  readonly group?: Group | undefined;
  /** True: the ceiling that LinkedIn's refusals taught is a cap. Absent: it is not (R25). */
  readonly learntCap?: true | undefined;
};

export const modeOf = ({ mode }: Policy): Mode => mode ?? 'enforce';
export const scopeOf = (policy: Policy): RecipientScope => policy.recipientScope ?? 'account';
/** Returns the group with whose recipients the account compares; undefined: its own (R20). */
export const scopeGroupOf = ({ recipientScope, group }: Policy): Group | undefined =>
  recipientScope === 'group' ? group : undefined;
export const isShadow = (policy: Policy): boolean => modeOf(policy) === 'shadow';

/** Returns the recipient memory after a change; no field for the default. */
export const memoryOf = (
  old: Policy,
  { recipientMemoryDays: days = old.recipientMemoryDays }: MemoryChange,
): Pick<Policy, 'recipientMemoryDays'> =>
  days === null || days === undefined ? {} : { recipientMemoryDays: days };
type MemoryChange = { readonly recipientMemoryDays?: number | null | undefined };

export const TIMEZONE_DEFAULT = 'UTC';

/** The policy of an account of which only the tier is set. */
export const UNSET_POLICY = {
  dailyCap: null,
  weeklyCap: null,
  ramp: null,
  sendingWindow: null,
  timezone: TIMEZONE_DEFAULT,
  identity: null,
} as const;

/** Returns the InMails of a day: the customer's cap, at most the band of the tier. */
export const dailyCapOf = ({ tier, dailyCap }: Policy): number =>
  Math.min(dailyCap ?? SAFE_BAND[tier], SAFE_BAND[tier]);

/** Returns the InMails of seven quota days: five daily caps, unless set; at most five bands. */
export const weeklyCapOf = (policy: Policy): number =>
  Math.min(
    policy.weeklyCap ?? WEEKLY_CAP_DAYS * dailyCapOf(policy),
    WEEKLY_CAP_DAYS * SAFE_BAND[policy.tier],
  );

/** Returns the step of the ramp on its n-th day, counted from 1; null after its end. */
export const rampCapOf = ({ ramp }: Policy, rampDay: number): number | null =>
  ramp?.dailyCaps[rampDay - 1] ?? null;

/** Returns the *daily cap* of R3 and R8: the smaller of daily cap and ramp step. */
export const steppedCapOf = (policy: Policy, rampDay: number): number =>
  Math.min(dailyCapOf(policy), rampCapOf(policy, rampDay) ?? Infinity);

/** Returns how many days ahead the intervals of the sending window are computed (R11). */
export const openingDays = (policy: Policy): number =>
  policy.sendingWindow === null
    ? 0
    : horizonDays(policy.sendingWindow, leastCapOf(policy), weeklyCapOf(policy));

/** Returns the lowest cap of a day that the policy may lead to. */
const leastCapOf = (policy: Policy): number =>
  Math.min(
    steppedCapOf(policy, 1),
    policy.velocity?.floor ?? Infinity,
    policy.learntCap ? LEARNT_MIN : Infinity,
  );

/** Returns a message about a setting above the tier's band; the band then applies (R10). */
export function beyondBand({ tier, dailyCap, weeklyCap, ramp }: Policy): string | undefined {
  const band = SAFE_BAND[tier];
  if ((dailyCap ?? 0) > band) return `dailyCap ${dailyCap}: the safe band of ${tier} is ${band}`;
  if ((weeklyCap ?? 0) > WEEKLY_CAP_DAYS * band) {
    return `weeklyCap ${weeklyCap}: the safe band of ${tier} is ${WEEKLY_CAP_DAYS * band} a week`;
  }
  const step = ramp?.dailyCaps.find((cap) => cap > band);
  if (step !== undefined) return `ramp.dailyCaps ${step}: the safe band of ${tier} is ${band}`;
  return undefined;
}
