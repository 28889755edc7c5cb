/** The payloads that set an account's policy, start it, stop it (docs/contract.md, 2). */
import {
  Fields,
  isBoolean,
  oneOf,
  when,
  wholeNumber,
  type Parsed,
  type Reader,
} from './objectReader.js';
import { RENEWS_ON_MAX } from '../gate/credits.js';
import { isAccountId, isIdentity } from '../primitives/ids.js';
import type { Parser } from './requests.js';
import type { Ramp } from '../account/policy.js';
import { beyondBand, TIMEZONE_DEFAULT } from '../account/policy.js';
import type { Configure, Order, PolicyChange, Start } from '../commands/administer.js';
import { ACTOR_MAX, REASON_MAX } from '../primitives/text.js';
import { TIERS } from '../primitives/tier.js';
import { WEEKDAYS, type SendingWindow, type Weekday } from '../account/sendingWindow.js';
import { isZone } from './timezones.js';

export const COUNT_MAX = 100_000;
export const RAMP_STEPS_MAX = 366;
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

const nested =
  <T>(name: string, build: (fields: Fields) => T | undefined): Reader<T> =>
  (raw) => {
    const fields = new Fields(raw, 'strict', name);
    const parsed = fields.done(() => build(fields));
    return parsed.ok ? { value: parsed.value } : { shouldBe: `whole: ${parsed.message}` };
  };

const readWindow = nested<SendingWindow>('sendingWindow', (fields) => {
  const days = fields.need('days', when(isWeekdays, `some of ${WEEKDAYS.join(', ')}, each once`));
  const start = fields.need('start', when(isWallClock, 'a local time such as 09:00'));
  const end = fields.need('end', when(isWallClock, 'a local time such as 17:30'));
  if (days === undefined || start === undefined || end === undefined) return undefined;
  return { days: WEEKDAYS.filter((day) => days.includes(day)), start, end };
});

const readRamp = nested<Ramp>('ramp', (fields) => {
  const shouldBe = `a list of 1 to ${RAMP_STEPS_MAX} ascending caps, each 1 or more`;
  const dailyCaps = fields.need('dailyCaps', when(isAscending, shouldBe));
  return dailyCaps && { dailyCaps };
});

const readZone = when(isZone, 'an IANA time zone such as Europe/Berlin');

const policyOf = (fields: Fields): PolicyChange => ({
  tier: fields.may('tier', oneOf(TIERS)),
  dailyCap: fields.setting('dailyCap', wholeNumber(0, COUNT_MAX)),
  weeklyCap: fields.setting('weeklyCap', wholeNumber(0, COUNT_MAX)),
  ramp: fields.setting('ramp', readRamp),
  sendingWindow: fields.setting('sendingWindow', readWindow),
  timezone: fields.setting('timezone', readZone),
  creditsRenewOn: fields.setting('creditsRenewOn', wholeNumber(1, RENEWS_ON_MAX)),
});

export const parseConfigure: Parser<Configure> = (raw, mode) => {
  const fields = new Fields(raw, mode);
  const change = policyOf(fields);
  const actor = fields.mayText('actor', ACTOR_MAX);
  return fields.done(() => ({ ...change, actor }));
};

/** The start object, which is also the payload of `connect`. */
export const parseStart: Parser<Start> = (raw, mode) => {
  const fields = new Fields(raw, mode);
  const accountId = fields.need('accountId', when(isAccountId, "an account's id"));
  const doesConnect = fields.may('connect', when(isBoolean, 'true or false')) ?? true;
  const tier =
    doesConnect || !fields.isAbsent('tier') ? fields.need('tier', oneOf(TIERS)) : undefined;
  const change = {
    ...policyOf(fields),
    tier,
    identity: fields.may('identity', when(isIdentity, "LinkedIn's id of the member")),
  };
  const counts = {
    inmailsSentToday: fields.may('inmailsSentToday', wholeNumber(0, COUNT_MAX)),
    deliveredToday: fields.may('deliveredToday', wholeNumber(0, COUNT_MAX)),
  };
  const actor = fields.mayText('actor', ACTOR_MAX);
  if ((counts.deliveredToday ?? 0) > (counts.inmailsSentToday ?? counts.deliveredToday ?? 0)) {
    fields.refuse('InvalidInput', 'deliveredToday should be inmailsSentToday at most');
  }
  checkCaps(fields, change);
  return fields.done(() =>
    accountId === undefined
      ? undefined
      : { accountId, connect: doesConnect, ...change, ...counts, actor },
  );
};

/** A start that names its tier can be judged before anything is read back. */
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
  const reason = fields.needText('reason', REASON_MAX);
  const actor = fields.needText('actor', ACTOR_MAX);
  return fields.done(() =>
    reason === undefined || actor === undefined ? undefined : { reason, actor },
  );
};

export type Disconnect = { readonly reason: string; readonly actor: string | undefined };

export const parseDisconnect: Parser<Disconnect> = (raw, mode): Parsed<Disconnect> => {
  const fields = new Fields(raw, mode);
  const reason = fields.needText('reason', REASON_MAX);
  const actor = fields.mayText('actor', ACTOR_MAX);
  return fields.done(() => (reason === undefined ? undefined : { reason, actor }));
};

/** A message that says nothing but its name. */
export type Empty = { readonly [name: string]: never };
export const parseEmpty: Parser<Empty> = (raw, mode) => new Fields(raw, mode).done(() => ({}));
