/** The payloads that start, stop and configure an account (docs/contract.md, 2). */
import { Fields, type Parsed } from './objectReader.js';
import {
  ACTOR_RULE,
  FOREIGN_RULE,
  oneOf,
  OURS_RULE,
  REASON_RULE,
  when,
  wholeNumber,
  yesOrNo,
  type Reader,
} from './values.js';
import { RENEWS_ON_MAX } from '../gate/credits.js';
import { isAccountId, isIdentity } from '../primitives/ids.js';
import type { Parser } from './requests.js';
import type { Ramp } from '../account/policy.js';
import { beyondBand, TIMEZONE_DEFAULT } from '../account/policy.js';
import type { Configure, Order, PolicyChange, Start } from '../commands/administer.js';
import { TIERS } from '../primitives/tier.js';
import { WEEKDAYS, type SendingWindow, type Weekday } from '../account/sendingWindow.js';
import { isZone } from './timezones.js';

const COUNT_MAX = 100_000;
const RAMP_STEPS_MAX = 366;
/** Maximum characters of the name of a time zone; a longer one is not in the list. */
const ZONE_MAX = 64;
export const WALL_CLOCK_PATTERN = '^([01]\\d|2[0-3]):[0-5]\\d$';
const WALL_CLOCK = new RegExp(WALL_CLOCK_PATTERN);

const isWallClock = (raw: unknown): raw is string =>
  typeof raw === 'string' && WALL_CLOCK.test(raw);
const isWeekdays = (raw: unknown): raw is readonly Weekday[] =>
  Array.isArray(raw) &&
  raw.length > 0 &&
  new Set(raw).size === raw.length &&
  raw.every((day) => WEEKDAYS.some((word) => word === day));
const isAscending = (raw: unknown): raw is readonly number[] =>
  Array.isArray(raw) &&
  raw.length > 0 &&
  raw.length <= RAMP_STEPS_MAX &&
  raw.every((cap, i) => Number.isInteger(cap) && cap >= 1 && (i === 0 || cap >= raw[i - 1]));

export const accountId = when(isAccountId, "an account's id", OURS_RULE);
/** Caps, and counts of InMails. */
export const inmails = wholeNumber(0, COUNT_MAX);
export const creditsRenewOn = wholeNumber(1, RENEWS_ON_MAX);
export const tier = oneOf(TIERS);
export const identity = when(isIdentity, "LinkedIn's id of the member", FOREIGN_RULE);
export const weekdays = when(isWeekdays, `some of ${WEEKDAYS.join(', ')}, each once`, {
  minItems: 1,
  maxItems: WEEKDAYS.length,
  uniqueItems: true,
});
export const rampCaps = when(
  isAscending,
  `a list of 1 to ${RAMP_STEPS_MAX} ascending caps, each 1 or more`,
  { minItems: 1, maxItems: RAMP_STEPS_MAX },
);
const wallClock = (example: string) =>
  when(isWallClock, `a local time such as ${example}`, { pattern: WALL_CLOCK_PATTERN });
export const windowStart = wallClock('09:00');
export const windowEnd = wallClock('17:30');
/** Its rule for HTTP does not list the names, because the reader checks them by list. */
export const zone = when(isZone, 'an IANA time zone such as Europe/Berlin', {
  minLength: 1,
  maxLength: ZONE_MAX,
});

const nested =
  <T>(name: string, build: (fields: Fields) => T | undefined): Reader<T> =>
  (raw) => {
    const fields = new Fields(raw, 'strict', name);
    const parsed = fields.done(() => build(fields));
    return parsed.ok ? { value: parsed.value } : { shouldBe: `whole: ${parsed.message}` };
  };

const readWindow = nested<SendingWindow>('sendingWindow', (fields) => {
  const days = fields.need('days', weekdays);
  const start = fields.need('start', windowStart);
  const end = fields.need('end', windowEnd);
  if (days === undefined || start === undefined || end === undefined) return undefined;
  return { days: WEEKDAYS.filter((day) => days.includes(day)), start, end };
});

const readRamp = nested<Ramp>('ramp', (fields) => {
  const dailyCaps = fields.need('dailyCaps', rampCaps);
  return dailyCaps && { dailyCaps };
});

const policyOf = (fields: Fields): PolicyChange => ({
  tier: fields.may('tier', tier),
  dailyCap: fields.setting('dailyCap', inmails),
  weeklyCap: fields.setting('weeklyCap', inmails),
  ramp: fields.setting('ramp', readRamp),
  sendingWindow: fields.setting('sendingWindow', readWindow),
  timezone: fields.setting('timezone', zone),
  creditsRenewOn: fields.setting('creditsRenewOn', creditsRenewOn),
});

export const parseConfigure: Parser<Configure> = (raw, mode) => {
  const fields = new Fields(raw, mode);
  const change = policyOf(fields);
  const actor = fields.mayText('actor', ACTOR_RULE);
  return fields.done(() => ({ ...change, actor }));
};

/** The start object, which is also the payload of `connect`. */
export const parseStart: Parser<Start> = (raw, mode) => {
  const fields = new Fields(raw, mode);
  const id = fields.need('accountId', accountId);
  const doesConnect = fields.may('connect', yesOrNo) ?? true;
  const named = doesConnect || !fields.isAbsent('tier') ? fields.need('tier', tier) : undefined;
  const change = {
    ...policyOf(fields),
    tier: named,
    identity: fields.may('identity', identity),
  };
  const counts = {
    inmailsSentToday: fields.may('inmailsSentToday', inmails),
    deliveredToday: fields.may('deliveredToday', inmails),
  };
  const actor = fields.mayText('actor', ACTOR_RULE);
  if ((counts.deliveredToday ?? 0) > (counts.inmailsSentToday ?? counts.deliveredToday ?? 0)) {
    fields.refuse('InvalidInput', 'deliveredToday should be inmailsSentToday at most');
  }
  checkCaps(fields, change);
  return fields.done(() =>
    id === undefined
      ? undefined
      : { accountId: id, connect: doesConnect, ...change, ...counts, actor },
  );
};

/** Refuses caps above the safe band. A start with a tier needs no stored row for this check. */
function checkCaps(fields: Fields, change: PolicyChange): void {
  if (change.tier === undefined) return;
  const raised = beyondBand({
    tier: change.tier,
    dailyCap: change.dailyCap ?? null,
    weeklyCap: change.weeklyCap ?? null,
    ramp: change.ramp ?? null,
    sendingWindow: null,
    timezone: TIMEZONE_DEFAULT,
    identity: null,
  });
  if (raised) fields.refuse('CapAboveSafeBand', raised);
}

export const parseOrder: Parser<Order> = (raw, mode) => {
  const fields = new Fields(raw, mode);
  const reason = fields.needText('reason', REASON_RULE);
  const actor = fields.needText('actor', ACTOR_RULE);
  return fields.done(() =>
    reason === undefined || actor === undefined ? undefined : { reason, actor },
  );
};

export type Disconnect = { readonly reason: string; readonly actor: string | undefined };

export const parseDisconnect: Parser<Disconnect> = (raw, mode): Parsed<Disconnect> => {
  const fields = new Fields(raw, mode);
  const reason = fields.needText('reason', REASON_RULE);
  const actor = fields.mayText('actor', ACTOR_RULE);
  return fields.done(() => (reason === undefined ? undefined : { reason, actor }));
};

/** The payload of a message without fields. */
export type Empty = { readonly [name: string]: never };
export const parseEmpty: Parser<Empty> = (raw, mode) => new Fields(raw, mode).done(() => ({}));
