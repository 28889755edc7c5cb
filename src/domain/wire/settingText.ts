/** Settings as messages, options of commands, forms and the worker's settings have them. */

import type { Ramp, Velocity } from '../account/policy.js';
import { WEEKDAYS, type Weekday } from '../account/sendingWindow.js';
import { GROUP_MAX, GROUP_PATTERN, GROUP_WORDS, isGroup } from '../primitives/ids.js';
import { RAMP_NAMES, type NamedRamp } from '../gate/ramps.js';
import type { Instant } from '../primitives/time.js';
import { FACTOR_MAX, FLOOR_MAX } from '../gate/velocity.js';
import { may, need, object } from './message.js';
import { decimal, oneOf, valueBy, when, wholeNumber, type Value } from './values.js';

/** Reads the label of accounts that belong together (R26). */
export const group = when(isGroup, GROUP_WORDS, {
  type: 'string',
  pattern: GROUP_PATTERN,
  maxLength: GROUP_MAX,
});

export const WALL_CLOCK_PATTERN = '^([01]\\d|2[0-3]):[0-5]\\d$';
const WALL_CLOCK = new RegExp(WALL_CLOCK_PATTERN);

const isWallClock = (raw: unknown): raw is string =>
  typeof raw === 'string' && WALL_CLOCK.test(raw);
const isWeekdays = (raw: unknown): raw is readonly Weekday[] =>
  Array.isArray(raw) &&
  raw.length > 0 &&
  new Set(raw).size === raw.length &&
  raw.every((day) => WEEKDAYS.some((word) => word === day));

const WEEKDAYS_RULE = {
  type: 'array',
  items: { enum: WEEKDAYS },
  minItems: 1,
  maxItems: WEEKDAYS.length,
  uniqueItems: true,
} as const;
/** Reads days of the week into their order. */
const weekdays = valueBy(WEEKDAYS_RULE, (raw) =>
  isWeekdays(raw)
    ? { value: WEEKDAYS.filter((day) => raw.includes(day)) }
    : { shouldBe: `some of ${WEEKDAYS.join(', ')}, each once` },
);
const wallClock = (example: string) =>
  when(isWallClock, `a local time such as ${example}`, {
    type: 'string',
    pattern: WALL_CLOCK_PATTERN,
  });
const windowStart = wallClock('09:00');
const windowEnd = wallClock('17:30');
/** Reads a sending window (R11). */
export const sendingWindow = object('sendingWindow', {
  days: need(weekdays),
  start: need(windowStart),
  end: need(windowEnd),
});

/** A pace, such as `60s,50%,12/h` (R19). */
export type Pace = {
  readonly minGapSeconds: number;
  readonly jitterPercent?: number | null;
  /** Maximum grants in any 60 minutes. */
  readonly perHour?: number | null;
};

export const PACE_WORDS = 'a pace such as 60s, 60s,50% or 60s,50%,12/h';
const PACE = /^(?<gap>\d+)s(?:,(?<jitter>\d+)%)?(?:,(?<hour>\d+)\/h)?$/;

/** Returns the pace; undefined for another text. The account checks the limits of each number. */
export function paceOf(text: string): Pace | undefined {
  const { gap, jitter, hour } = PACE.exec(text.replaceAll(' ', ''))?.groups ?? {};
  if (gap === undefined) return undefined;
  return {
    minGapSeconds: Number(gap),
    ...(jitter === undefined ? {} : { jitterPercent: Number(jitter) }),
    ...(hour === undefined ? {} : { perHour: Number(hour) }),
  };
}

/** Returns the text that `paceOf` reads as this pace. */
export const paceText = ({ minGapSeconds, jitterPercent, perHour }: Pace): string =>
  [`${minGapSeconds}s`, jitterPercent && `${jitterPercent}%`, perHour && `${perHour}/h`]
    .filter(Boolean)
    .join(', ');

const RAMP_STEPS_MAX = 366;
const isAscending = (raw: unknown): raw is readonly number[] =>
  Array.isArray(raw) &&
  raw.length > 0 &&
  raw.length <= RAMP_STEPS_MAX &&
  raw.every((cap, i) => Number.isInteger(cap) && cap >= 1 && (i === 0 || cap >= raw[i - 1]));
export const rampCaps = when(
  isAscending,
  `a list of 1 to ${RAMP_STEPS_MAX} ascending caps, each 1 or more`,
  { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 1, maxItems: RAMP_STEPS_MAX },
);
const rampFields = object('ramp', { dailyCaps: may(rampCaps), name: may(oneOf(RAMP_NAMES)) });

/** Reads a ramp: a list, or the name of one. */
export const ramp: Value<Ramp | NamedRamp, typeof rampFields.rule> = Object.assign(
  (raw: unknown, at: Instant) => {
    const found = rampFields(raw, at);
    if (!('value' in found)) return found;
    const { dailyCaps, name } = found.value;
    if (dailyCaps && name === undefined) return { value: { dailyCaps } };
    if (name && dailyCaps === undefined) return { value: { name } };
    return { shouldBe: `either {dailyCaps: [...]} or {name: one of ${RAMP_NAMES.join(', ')}}` };
  },
  { rule: rampFields.rule },
);

/** Reads a velocity (R25). */
export const velocity = object('velocity', {
  factor: need(decimal(1, FACTOR_MAX)),
  floor: need(wholeNumber(1, FLOOR_MAX)),
});
export const VELOCITY_WORDS = 'a factor and a floor such as 2:5';

/** Returns the velocity of a text such as `2:5`; undefined for another text. */
export function velocityIn(text: string): Velocity | undefined {
  const { factor, floor } = VELOCITY.exec(text.replaceAll(' ', ''))?.groups ?? {};
  return factor && floor ? { factor: Number(factor), floor: Number(floor) } : undefined;
}
const VELOCITY = /^(?<factor>\d{1,4}(?:\.\d{1,6})?):(?<floor>\d{1,6})$/;

/** Returns the text that `velocityIn` reads as this velocity. */
export const velocityText = ({ factor, floor }: Velocity): string => `${factor}:${floor}`;

export const RAMP_WORDS = `ascending daily caps such as 5, 10, 20, or one of ${RAMP_NAMES.join(', ')}`;

/** Returns the ramp of a text such as `5, 10, 20` or `gentle`; undefined for another text. */
export function rampIn(text: string): Ramp | NamedRamp | undefined {
  const name = RAMP_NAMES.find((one) => one === text.trim().toLowerCase());
  if (name) return { name };
  const caps = text.split(/[\s,;]+/).filter(Boolean);
  const isList = caps.length > 0 && caps.every((cap) => /^\d{1,6}$/.test(cap));
  return isList ? { dailyCaps: caps.map(Number) } : undefined;
}

/** The cap and the weight of a campaign, as in `q4=10, spring=5+weight3, may=weight2` (R21, R22). */
export type NamedCap = {
  readonly campaignId: string;
  readonly dailyCap?: number;
  readonly weight?: number;
};

export const CAMPAIGNS_WORDS =
  'campaigns with their daily caps and weights, such as q4=10, spring=5+weight3, may=weight2';
const CAP = /^(?<campaignId>[^=]+)=(?<dailyCap>-?\d{1,6})?(?:\+?weight(?<weight>-?\d{1,6}))?$/;

/** Returns caps and weights; undefined for another text. The account checks ids and limits. */
export function campaignsIn(text: string): readonly NamedCap[] | undefined {
  const caps: NamedCap[] = [];
  for (const part of text.split(/[\s,;]+/).filter(Boolean)) {
    const { campaignId, dailyCap, weight } = CAP.exec(part)?.groups ?? {};
    if (campaignId === undefined) return undefined;
    caps.push({
      campaignId,
      ...(dailyCap === undefined ? {} : { dailyCap: Number(dailyCap) }),
      ...(weight === undefined ? {} : { weight: Number(weight) }),
    });
  }
  return caps;
}
