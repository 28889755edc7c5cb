/** The policy that callers get: every setting is there, and null is the default. */
import {
  modeOf,
  scopeOf,
  type CampaignCap,
  type Mode,
  type Pacing,
  type Policy,
  type Ramp,
  type RecipientScope,
  type Velocity,
} from '../account/policy.js';
import type { SendingWindow } from '../account/sendingWindow.js';
import type { Group } from '../primitives/ids.js';
import type { Tier } from '../primitives/tier.js';

export type PolicyWire = {
  readonly tier: Tier;
  readonly dailyCap: number | null;
  readonly weeklyCap: number | null;
  readonly ramp: Ramp | null;
  readonly sendingWindow: SendingWindow | null;
  readonly timezone: string;
  /** The day of the month on which the account gets new InMail credits; null: the first. */
  readonly creditsRenewOn: number | null;
  /** The pace of grants (R19); null: none. */
  readonly pacing: Pacing | null;
  readonly recipientMemoryDays: number | null;
  /** `group`: a recipient of another account of the group is refused, too (R20). */
  readonly recipientScope: RecipientScope;
  /** The daily caps (R22) and weights (R21) of campaigns, by their ids; null: none. */
  readonly campaigns: readonly CampaignCap[] | null;
  readonly velocity: Velocity | null;
  /** True: the learnt ceiling is a cap (R25). */
  readonly learntCap: boolean;
  /** `shadow`: the gate records what it would deny, and grants (R23). */
  readonly mode: Mode;
  /** The label of accounts that belong together (R26); null: none. */
  readonly group: Group | null;
};

export const policyWire = (policy: Policy): PolicyWire => ({
  tier: policy.tier,
  dailyCap: policy.dailyCap,
  weeklyCap: policy.weeklyCap,
  ramp: policy.ramp,
  sendingWindow: policy.sendingWindow,
  timezone: policy.timezone,
  creditsRenewOn: policy.creditsRenewOn ?? null,
  pacing: policy.pacing ?? null,
  recipientMemoryDays: policy.recipientMemoryDays ?? null,
  recipientScope: scopeOf(policy),
  campaigns: policy.campaigns ?? null,
  velocity: policy.velocity ?? null,
  learntCap: policy.learntCap ?? false,
  mode: modeOf(policy),
  group: policy.group ?? null,
});
