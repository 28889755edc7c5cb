/** Readers of option values: each error states the allowed values; no value is guessed. */
import { InvalidArgumentError, Option } from 'commander';
import { RENEWS_ON_MAX } from '../domain/account/credits.js';
import {
  RECIPIENT_SCOPES,
  type Ramp,
  type RecipientScope,
  type Velocity,
} from '../domain/account/policy.js';
import type { NamedRamp } from '../domain/gate/ramps.js';
import { MEMORY_DAYS_MAX } from '../domain/gate/recipient.js';
import {
  FOREIGN_WORDS,
  GROUP_WORDS,
  isAccountId,
  isCampaignId,
  isGroup,
  isRecipientId,
  isReservationId,
} from '../domain/primitives/ids.js';
import { dayOf, isoDay, parseInstant, type Instant } from '../domain/primitives/time.js';
import { TIERS } from '../domain/primitives/tier.js';
import { WEEKDAYS, type SendingWindow } from '../domain/account/sendingWindow.js';
import {
  CAMPAIGNS_WORDS,
  campaignsIn,
  type NamedCap,
  type Pace,
  PACE_WORDS,
  paceOf,
  RAMP_WORDS,
  rampIn,
  VELOCITY_WORDS,
  velocityIn,
} from '../domain/wire/settingText.js';

/** Returns a reader of whole numbers within bounds. */
export const whole =
  (least: number, most: number) =>
  (raw: string): number => {
    const value = Number(raw);
    if (!/^\d+$/.test(raw) || value < least || value > most) {
      throw new InvalidArgumentError(`Use a whole number from ${least} to ${most}.`);
    }
    return value;
  };

/** The value that resets a setting to its default: the option parser has no null. */
export type Default = 'default';
/** Returns a setting in the form that the account reads: null is the default. */
export const orNull = <T>(value: T | Default): T | null => (value === 'default' ? null : value);

/** Reads a cap, or `default`: the safe band of the tier. */
export const cap = (raw: string): number | Default =>
  raw === 'default' ? 'default' : whole(0, 100_000)(raw);

/** Reads a day of the month, or `default`: the first. */
export const renewalDay = (raw: string): number | Default =>
  raw === 'default' ? 'default' : whole(1, RENEWS_ON_MAX)(raw);

/** Reads days, or `default`: as long as ids are remembered. */
export const memoryDays = (raw: string): number | Default =>
  raw === 'default' ? 'default' : whole(1, MEMORY_DAYS_MAX)(raw);

/** Reads with whose recipients a reserve is compared. */
export function scope(raw: string): RecipientScope {
  const found = RECIPIENT_SCOPES.find((one) => one === raw);
  if (found) return found;
  throw new InvalidArgumentError(`Use ${RECIPIENT_SCOPES.join(' or ')}.`);
}

/** LinkedIn's id of a recipient, in any spelling. */
export function recipient(raw: string): string {
  if (isRecipientId(raw)) return raw;
  throw new InvalidArgumentError(`Use ${FOREIGN_WORDS}.`);
}

/** The id of a campaign. */
export function campaign(raw: string): string {
  if (isCampaignId(raw)) return raw;
  throw new InvalidArgumentError('Use the id of a campaign, such as q4-launch.');
}

/** `acme,eu-sales`. */
export const groupList = (raw: string): readonly string[] =>
  raw.split(',').map((one) => group(one.trim()));
/** A group as a filter; `none`: accounts without one. */
const groupFilter = (raw: string): string => (raw === 'none' ? raw : group(raw));
/** The filter by group of a list (R26): of all lists with the same words. `what`: its accounts. */
export const groupFilterOption = (what = 'accounts'): Option =>
  new Option('--group <group>', `only ${what} of this group; none: ${what} without one`).argParser(
    groupFilter,
  );
/** That of a list of things that name accounts, such as keys. */
export const groupScopeOption = (what: string): Option =>
  new Option(
    '--group <group>',
    `only ${what} that name this group or an account of it; none: an account without one`,
  ).argParser(groupFilter);

/** The label of accounts that belong together. */
export function group(raw: string): string {
  if (isGroup(raw)) return raw;
  throw new InvalidArgumentError(`Use ${GROUP_WORDS}.`);
}

/** `5,10,20,40`, the name of a ramp, or `none`. */
export function ramp(raw: string): Ramp | NamedRamp | Default {
  if (raw === 'none') return 'default';
  const found = rampIn(raw);
  if (found) return found;
  throw new InvalidArgumentError(`Use ${RAMP_WORDS}, or none.`);
}

/** `60s`, `60s,50%`, `60s,12/h`, `60s,50%,12/h`, or `none`. */
export function pacing(raw: string): Pace | Default {
  if (raw === 'none') return 'default';
  const pace = paceOf(raw);
  if (pace === undefined) throw new InvalidArgumentError(`Use ${PACE_WORDS}, or none.`);
  return pace;
}

/** `2:5`, or `none`. */
export function velocity(raw: string): Velocity | Default {
  if (raw === 'none') return 'default';
  const limit = velocityIn(raw);
  if (limit) return limit;
  throw new InvalidArgumentError(`Use ${VELOCITY_WORDS}, or none.`);
}

export function onOrOff(raw: string): boolean {
  if (raw === 'on' || raw === 'off') return raw === 'on';
  throw new InvalidArgumentError('Use on or off.');
}

/** `q4=10,spring=5+weight3,may=weight2`, or `none`. */
export function campaigns(raw: string): readonly NamedCap[] | Default {
  if (raw === 'none') return 'default';
  const caps = campaignsIn(raw);
  if (caps) return caps;
  throw new InvalidArgumentError(`Use ${CAMPAIGNS_WORDS}, or none.`);
}

const WINDOW = /^(?<days>[a-z,-]+)[ @](?<start>\d\d:\d\d)-(?<end>\d\d:\d\d)$/;

/** `mon-fri 09:00-17:30`, `mon,wed 20:00-02:00`, or `always`. */
export function sendingWindow(raw: string): SendingWindow | Default {
  if (raw === 'always') return 'default';
  const { days, start, end } = WINDOW.exec(raw.trim().toLowerCase())?.groups ?? {};
  const open = days === undefined ? undefined : weekdays(days);
  if (!open || start === undefined || end === undefined) {
    throw new InvalidArgumentError('Use days and hours such as "mon-fri 09:00-17:30", or always.');
  }
  return { days: open, start, end };
}

function weekdays(raw: string): SendingWindow['days'] | undefined {
  const chosen = raw.split(',').flatMap((part) => {
    const [first = '', last = first] = part.split('-');
    const from = WEEKDAYS.findIndex((day) => day === first);
    const to = WEEKDAYS.findIndex((day) => day === last);
    return from < 0 || to < from ? [undefined] : WEEKDAYS.slice(from, to + 1);
  });
  if (chosen.length === 0 || chosen.includes(undefined)) return undefined;
  return WEEKDAYS.filter((day) => chosen.includes(day));
}

/** An instant: `2026-11-24T14:03:07Z`, `2026-11-24 14:03:07`, or today's `14:03` or `14:03:07`. */
export const instant =
  (now: Instant) =>
  (raw: string): Instant => {
    const text = raw.trim().replace(' ', 'T').replace(/Z$/, '');
    const dated = text.includes('T') ? text : `${isoDay(dayOf(now))}T${text}`;
    const full = /T\d\d:\d\d$/.test(dated) ? `${dated}:00` : dated;
    const at = parseInstant(`${full}Z`);
    if (at !== undefined) return at;
    throw new InvalidArgumentError(
      'Use a UTC time such as 14:03:07 (today) or 2026-11-24T14:03:07Z.',
    );
  };

export function accountId(raw: string): string {
  if (isAccountId(raw)) return raw;
  throw new InvalidArgumentError(
    'An account id has 1 to 128 letters, digits and _ . : - and does not begin with . or :',
  );
}
/** `acme-anna,acme-ben`. */
export const accountList = (raw: string): readonly string[] =>
  raw.split(',').map((one) => accountId(one.trim()));
export function reservationId(raw: string): string {
  if (isReservationId(raw)) return raw;
  throw new InvalidArgumentError(
    'A reservation id has 1 to 128 letters, digits and _ . : - and does not begin with . or :',
  );
}

export const tierOption = (): Option =>
  new Option('--tier <tier>', "LinkedIn's kind of account").choices([...TIERS]);
