/** A change of an account's settings, and the policy after it (R10, R13). */
import type { CampaignId, Group, Identity } from '../primitives/ids.js';
import { hasSameIds } from '../primitives/linkedinId.js';
import {
  beyondBand,
  memoryOf,
  TIMEZONE_DEFAULT,
  type Mode,
  type Pacing,
  type Policy,
  type Ramp,
  type RecipientScope,
  type Velocity,
} from '../account/policy.js';
import { rampOf, type NamedRamp } from '../gate/ramps.js';
import type { Tier } from '../primitives/tier.js';
import type { SendingWindow } from '../account/sendingWindow.js';

/** A change of the policy: undefined keeps the stored value, null sets the default. */
export type PolicyChange = {
  readonly tier?: Tier | undefined;
  readonly dailyCap?: number | null | undefined;
  readonly weeklyCap?: number | null | undefined;
  /** A named ramp becomes its list for the tier (R10). */
  readonly ramp?: Ramp | NamedRamp | null | undefined;
  readonly sendingWindow?: SendingWindow | null | undefined;
  readonly timezone?: string | null | undefined;
  readonly creditsRenewOn?: number | null | undefined;
  readonly pacing?: PacingChange | null | undefined;
  readonly recipientMemoryDays?: number | null | undefined;
  readonly recipientScope?: RecipientScope | null | undefined;
  /** The whole list: a campaign that it does not name has no cap, and weight 1 (R21, R22). */
  readonly campaigns?: readonly CampaignChange[] | null | undefined;
  readonly mode?: Mode | null | undefined;
  readonly velocity?: Velocity | null | undefined;
  readonly group?: Group | null | undefined;
  readonly learntCap?: boolean | null | undefined;
  readonly identity?: Identity | undefined;
};
type CampaignChange = {
  readonly campaignId: CampaignId;
  readonly dailyCap?: number | undefined;
  readonly weight?: number | undefined;
};
type PacingChange = {
  readonly minGapSeconds: number;
  readonly jitterPercent?: number | undefined;
  readonly perHour?: number | undefined;
};

/** Returns the stored policy with the named changes. */
export const changedPolicy = (old: Policy, change: PolicyChange): Policy => ({
  tier: change.tier ?? old.tier,
  dailyCap: change.dailyCap === undefined ? old.dailyCap : change.dailyCap,
  weeklyCap: change.weeklyCap === undefined ? old.weeklyCap : change.weeklyCap,
  ramp: rampAfter(old, change),
  sendingWindow: change.sendingWindow === undefined ? old.sendingWindow : change.sendingWindow,
  timezone: change.timezone === undefined ? old.timezone : (change.timezone ?? TIMEZONE_DEFAULT),
  identity: identityOf(old, change),
  ...renewal(change.creditsRenewOn === undefined ? old.creditsRenewOn : change.creditsRenewOn),
  ...pacingOf(change.pacing === undefined ? old.pacing : change.pacing),
  ...memoryOf(old, change),
  ...(scopeAfter(old, change) === 'group' ? GROUP_SCOPE : {}),
  ...campaignsOf(change.campaigns === undefined ? old.campaigns : change.campaigns),
  ...((change.mode === undefined ? old.mode : change.mode) === 'shadow' ? SHADOW : {}),
  ...velocityOf(change.velocity === undefined ? old.velocity : change.velocity),
  ...groupOf(change.group === undefined ? old.group : change.group),
  ...((change.learntCap === undefined ? old.learntCap : change.learntCap) ? LEARNT : {}),
});

const rampAfter = (old: Policy, { ramp, tier = old.tier }: PolicyChange): Ramp | null => {
  if (ramp === undefined || ramp === null) return ramp === null ? null : old.ramp;
  return 'name' in ramp ? rampOf(ramp, tier) : ramp;
};

/** No field for `enforce`, so that a policy of older code equals it (R23). */
const SHADOW = { mode: 'shadow' } as const;
/** The same for a policy that compares recipients with its own slots (R20). */
const GROUP_SCOPE = { recipientScope: 'group' } as const;
const scopeAfter = (old: Policy, { recipientScope }: PolicyChange) =>
  recipientScope === undefined ? old.recipientScope : recipientScope;
/** The same for a policy that applies no learnt ceiling (R25). */
const LEARNT = { learntCap: true } as const;

/** Returns the identity; another spelling of the same ids is no change, and the first one stays. */
const identityOf = ({ identity: old }: Policy, { identity }: PolicyChange): Identity | null =>
  identity === undefined || (old !== null && hasSameIds(old, identity)) ? old : identity;

/** Returns no field for the default, so that a policy of older code equals it. */
const renewal = (on: number | null | undefined): Pick<Policy, 'creditsRenewOn'> =>
  on === null || on === undefined ? {} : { creditsRenewOn: on };

/** Returns the pace with all its fields; no field for none, too. */
export const pacingOf = (
  pacing: PacingChange | Pacing | null | undefined,
): Pick<Policy, 'pacing'> => {
  if (pacing === null || pacing === undefined) return {};
  const { minGapSeconds, jitterPercent = 0, perHour } = pacing;
  return { pacing: { minGapSeconds, jitterPercent, perHour: perHour ?? null } };
};

/** Returns the caps and weights in the order of their campaigns; no field for none, too. */
const campaignsOf = (
  caps: readonly CampaignChange[] | null | undefined,
): Pick<Policy, 'campaigns'> => {
  if (!caps?.length) return {};
  const campaigns = caps.map(({ campaignId, dailyCap, weight }) => ({
    campaignId,
    ...(dailyCap === undefined ? {} : { dailyCap }),
    ...(weight === undefined ? {} : { weight }),
  }));
  return { campaigns: campaigns.toSorted((a, b) => (a.campaignId < b.campaignId ? -1 : 1)) };
};

/** Returns the velocity with its fields in one order; no field for none, too. */
const velocityOf = (velocity: Velocity | null | undefined): Pick<Policy, 'velocity'> =>
  velocity ? { velocity: { factor: velocity.factor, floor: velocity.floor } } : {};

/** Returns no field for none, too. */
const groupOf = (group: Group | null | undefined): Pick<Policy, 'group'> =>
  group === null || group === undefined ? {} : { group };

/** Returns why the message sets a cap above the tier's band: then the whole message is refused. */
export const raisedCap = (old: Policy, change: PolicyChange): string | undefined =>
  beyondBand({
    ...changedPolicy(old, change),
    dailyCap: change.dailyCap ?? null,
    weeklyCap: change.weeklyCap ?? null,
    ramp: listIn(change),
  });

/** Returns the ramp of the message; a named ramp is never above the band. */
export const listIn = ({ ramp }: Pick<PolicyChange, 'ramp'>): Ramp | null =>
  ramp && 'dailyCaps' in ramp ? ramp : null;
