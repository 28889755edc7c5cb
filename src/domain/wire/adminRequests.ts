/** The payloads that start, stop and configure an account (docs/contract.md, 2). */
import {
  knownToHttp,
  listOf,
  may,
  mayElse,
  mayText,
  need,
  needText,
  object,
  overHttp,
  parserOf,
  setting,
  type Field,
  type Parser,
  type ValueOf,
} from './message.js';
import {
  ACTOR_RULE,
  FOREIGN_RULE,
  oneOf,
  OURS_RULE,
  REASON_RULE,
  when,
  wholeNumber,
  yesOrNo,
  type Words,
} from './values.js';
import { RENEWS_ON_MAX } from '../account/credits.js';
import { GAP_SECONDS_MAX, JITTER_PERCENT_MAX, PER_HOUR_MAX } from '../gate/pacing.js';
import { MEMORY_DAYS_MAX } from '../gate/recipient.js';
import { isAccountId, isIdentity } from '../primitives/ids.js';
import { campaignId } from './requests.js';
import {
  beyondBand,
  CAMPAIGNS_MAX,
  MODES,
  RECIPIENT_SCOPES,
  UNSET_POLICY,
  WEIGHT_MAX,
} from '../account/policy.js';
import { group, ramp, sendingWindow, velocity } from './settingText.js';
import type { Configure, Order, Start } from '../commands/administer.js';
import { listIn } from '../commands/policyChange.js';
import type { Flaw } from '../account/refusals.js';
import { TIERS, type Tier } from '../primitives/tier.js';
import { isZone } from './timezones.js';

const COUNT_MAX = 100_000;

export const accountId = when(isAccountId, "an account's id", OURS_RULE);
/** Caps, and counts of InMails. */
export const inmails = wholeNumber(0, COUNT_MAX);
export const creditsRenewOn = wholeNumber(1, RENEWS_ON_MAX);
export const recipientMemoryDays = wholeNumber(1, MEMORY_DAYS_MAX);
export const minGapSeconds = wholeNumber(1, GAP_SECONDS_MAX);
export const jitterPercent = wholeNumber(0, JITTER_PERCENT_MAX);
export const perHour = wholeNumber(1, PER_HOUR_MAX); // grants in any 60 minutes
/** The weight of a campaign in the waiting line (R21). */
export const weight = wholeNumber(1, WEIGHT_MAX);
export const tier = oneOf(TIERS);
export const identity = when(isIdentity, "LinkedIn's id of the member", FOREIGN_RULE);
/** Its rule for HTTP does not list the names, because the reader checks them by list. */
export const zone = when(isZone, 'an IANA time zone such as Europe/Berlin', {
  type: 'string',
  minLength: 1,
  maxLength: 64,
});

const policyFields = {
  dailyCap: setting(inmails),
  weeklyCap: setting(inmails),
  ramp: setting(ramp),
  sendingWindow: setting(sendingWindow),
  timezone: setting(zone),
  creditsRenewOn: setting(creditsRenewOn),
  pacing: setting(
    object('pacing', {
      minGapSeconds: need(minGapSeconds),
      jitterPercent: may(jitterPercent),
      perHour: may(perHour),
    }),
  ),
  recipientMemoryDays: setting(recipientMemoryDays),
  recipientScope: setting(oneOf(RECIPIENT_SCOPES)),
  campaigns: setting(
    listOf(
      'campaigns',
      { campaignId: need(campaignId), dailyCap: may(inmails), weight: may(weight) },
      { max: CAMPAIGNS_MAX, key: 'campaignId', someOf: ['dailyCap', 'weight'] },
    ),
  ),
  mode: setting(oneOf(MODES)),
  velocity: setting(velocity),
  learntCap: setting(yesOrNo),
};

export const configureFields = {
  tier: may(tier),
  ...policyFields,
  group: setting(group),
  reason: mayText(REASON_RULE),
  actor: mayText(ACTOR_RULE),
};
export const parseConfigure: Parser<Configure> = parserOf(configureFields);

/** The policy of new accounts of a group (R26). */
export const defaultsFields = { ...policyFields, actor: mayText(ACTOR_RULE) };
export const parseDefaults = parserOf(defaultsFields);

/** The tier of a start; only a start that does not connect may leave it out. */
const startTier: Field<Tier | undefined, Words<Tier>, 'needed'> = {
  ...need(tier),
  read: (fields, name) =>
    fields.is('connect', false) && fields.isAbsent(name)
      ? { value: undefined }
      : fields.need(name, tier),
};
export const startFields = {
  accountId: knownToHttp(need(accountId)),
  // HTTP connects; only the start of a workflow may leave that out.
  connect: overHttp({ type: 'boolean', const: true }, mayElse(yesOrNo, true)),
  tier: startTier,
  ...policyFields,
  group: setting(group),
  identity: may(identity),
  inmailsSentToday: may(inmails),
  deliveredToday: may(inmails),
  actor: mayText(ACTOR_RULE),
};
/** The start object, which is also the payload of `connect`. */
export const parseStart: Parser<Start> = parserOf(startFields, startFlaw);

function startFlaw(start: ValueOf<typeof startFields>): Flaw | undefined {
  const { deliveredToday = 0, inmailsSentToday = deliveredToday } = start;
  if (deliveredToday > inmailsSentToday) {
    const message = 'deliveredToday should be inmailsSentToday at most';
    return { refused: 'InvalidInput', message };
  }
  const raised = raisedIn(start);
  return raised === undefined ? undefined : { refused: 'CapAboveSafeBand', message: raised };
}

/** Returns why caps are above the safe band. A start with a tier needs no stored row for this. */
const raisedIn = (start: ValueOf<typeof startFields>): string | undefined =>
  start.tier &&
  beyondBand({
    ...UNSET_POLICY,
    tier: start.tier,
    dailyCap: start.dailyCap ?? null,
    weeklyCap: start.weeklyCap ?? null,
    ramp: listIn(start),
  });

export const orderFields = {
  reason: needText(REASON_RULE),
  actor: knownToHttp(needText(ACTOR_RULE)),
};
export const parseOrder: Parser<Order> = parserOf(orderFields);

export const disconnectFields = { ...orderFields, actor: mayText(ACTOR_RULE) };
export type Disconnect = ValueOf<typeof disconnectFields>;
export const parseDisconnect: Parser<Disconnect> = parserOf(disconnectFields);

/** The payload of a message without fields. */
export const noFields = {};
export type Empty = { readonly [name: string]: never };
export const parseEmpty: Parser<Empty> = parserOf(noFields);
