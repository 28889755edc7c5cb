/** Reads the fields of a form: texts by name; other values are ignored. */
import { TIERS, isTier } from '../../../domain/primitives/tier.js';
import {
  WEEKDAYS,
  type SendingWindow,
  type Weekday,
} from '../../../domain/account/sendingWindow.js';
import {
  RECIPIENT_SCOPES,
  type Ramp,
  type RecipientScope,
  type Velocity,
} from '../../../domain/account/policy.js';
import type { NamedRamp } from '../../../domain/gate/ramps.js';
import {
  CAMPAIGNS_WORDS,
  campaignsIn,
  type NamedCap,
  type Pace,
  PACE_WORDS,
  paceOf,
  RAMP_WORDS,
  rampIn as rampOfText,
  VELOCITY_WORDS,
  velocityIn,
  WALL_CLOCK_PATTERN,
} from '../../../domain/wire/settingText.js';
import { invalidInput, type Problem } from '../../plumbing/problems.js';

export type Form = { readonly [name: string]: string };

const TEXT_MAX = 4_000;

export function formOf(body: unknown): Form {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(
    Object.entries(body)
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([name, value]) => [name, value.trim().slice(0, TEXT_MAX)]),
  );
}

const COUNT = /^\d{1,6}$/;
const DAY = /^\d{1,2}$/;

/** Reads a field; an empty one is null, and one that `read` cannot read is refused by its name. */
function fieldIn<T>(
  form: Form,
  name: string,
  shouldBe: string,
  read: (text: string) => T | undefined,
): T | null {
  const text = (form[name] ?? '').trim();
  if (text === '') return null;
  const value = read(text);
  if (value !== undefined) return value;
  throw invalidInput(`${name} should be ${shouldBe}`, name);
}
const numberLike = (pattern: RegExp) => (text: string) =>
  pattern.test(text) ? Number(text) : undefined;

export const numberIn = (form: Form, name: string): number | null =>
  fieldIn(form, name, 'a whole number, or empty', numberLike(COUNT));

export const renewalIn = (form: Form): number | null =>
  fieldIn(form, 'creditsRenewOn', 'a day from 1 to 31, or empty', numberLike(DAY));

export const pacingIn = (form: Form): Pace | null => fieldIn(form, 'pacing', PACE_WORDS, paceOf);

export const campaignCapsIn = (form: Form): readonly NamedCap[] | null =>
  fieldIn(form, 'campaigns', CAMPAIGNS_WORDS, campaignsIn);

export const velocityOfForm = (form: Form): Velocity | null =>
  fieldIn(form, 'velocity', VELOCITY_WORDS, velocityIn);

/** Reads with whose recipients a reserve is compared; an absent choice is null. */
export const scopeIn = (form: Form): RecipientScope | null =>
  fieldIn(form, 'recipientScope', RECIPIENT_SCOPES.join(' or '), (text) =>
    RECIPIENT_SCOPES.find((scope) => scope === text),
  );

/** Reads the choice of the learnt ceiling; an absent one is null. */
export const learntIn = (form: Form): boolean | null =>
  fieldIn(form, 'learntCap', 'on or off', (text) =>
    text === 'on' || text === 'off' ? text === 'on' : undefined,
  );

export const rampIn = (form: Form): Ramp | NamedRamp | null =>
  fieldIn(form, 'ramp', RAMP_WORDS, rampOfText);

export const WINDOW = {
  days: 'sendingWindow.days',
  start: 'sendingWindow.start',
  end: 'sendingWindow.end',
} as const;

/** Reads a sending window; null if all its fields are empty. */
export function windowIn(form: Form): SendingWindow | null {
  const days = fieldIn(form, WINDOW.days, `some of ${WEEKDAYS.join(', ')}`, weekdaysIn);
  const start = fieldIn(form, WINDOW.start, 'a local time such as 09:00', wallClock);
  const end = fieldIn(form, WINDOW.end, 'a local time such as 17:30', wallClock);
  if (days === null && start === null && end === null) return null;
  if (days === null) throw missing(WINDOW.days);
  if (start === null) throw missing(WINDOW.start);
  if (end === null) throw missing(WINDOW.end);
  return { days, start, end };
}
const missing = (name: string): Problem => invalidInput(`${name} should not be empty`, name);
const WALL_CLOCK = new RegExp(WALL_CLOCK_PATTERN);
const wallClock = (text: string): string | undefined => (WALL_CLOCK.test(text) ? text : undefined);

const weekdaysIn = (text: string): readonly Weekday[] | undefined => {
  const words = text
    .toLowerCase()
    .split(/[\s,;]+/)
    .filter(Boolean);
  const days = WEEKDAYS.filter((day) => words.includes(day));
  return days.length === new Set(words).size ? days : undefined;
};

export function tierIn(form: Form): (typeof TIERS)[number] {
  const tier = form['tier'];
  if (isTier(tier)) return tier;
  throw invalidInput(`tier should be one of ${TIERS.join(', ')}`, 'tier');
}
