/**
 * The input of the demonstration: accounts, and a day's sends, as two CSV files. A wrong value is
 * refused here, with its line and the fix, and not in the middle of the demonstration.
 */
import { DateTime, IANAZone } from 'luxon';
import type { StartInput } from '../src/client/index.js';
import { isAccountId, isCampaignId, isReservationId } from '../src/domain/primitives/ids.js';
import { WEEKLY_CAP_DAYS } from '../src/domain/primitives/limits.js';
import { SAFE_BAND, TIERS, type Tier } from '../src/domain/primitives/tier.js';
import { WEEKDAYS, type Weekday } from '../src/domain/account/sendingWindow.js';
import { PACE_WORDS, paceOf } from '../src/domain/wire/settingText.js';
import { isZone } from '../src/domain/wire/timezones.js';
import { linesOf, type Line } from './csv.js';
import { BEHAVIOURS, type Behaviour } from './linkedin.js';

const MAKERS = [
  /** This process. */
  'main',
  /** A second process, which is killed. */
  'second',
  /** A person. */
  'by-hand',
  /** This process, through the simulated Unipile. */
  'unipile',
  /** This process; the ask waits in the account until it is granted (R21). */
  'waiting',
  /** Another program that writes to the same recipient, with an id of its own (R20). */
  'other-tool',
] as const;
export type PlannedSend = {
  /** Seconds after the start of the demonstration. */
  readonly atSeconds: number;
  readonly account: string;
  readonly campaign: string;
  /** Also the reservation's id, except of another tool. */
  readonly recipient: string;
  readonly behaviour: Behaviour;
  readonly by: (typeof MAKERS)[number];
};
type SendingWindow = NonNullable<StartInput['sendingWindow']>;

const SEND_COLUMNS = ['at_seconds', 'account', 'campaign', 'recipient', 'behaviour', 'by'];
const ACCOUNT_COLUMNS = [
  'account',
  'tier',
  'timezone',
  'daily_cap',
  'weekly_cap',
  'ramp',
  'window',
  'pacing',
  'inmails_sent_today',
  'delivered_today',
];

/**
 * Maximum start of a send. The whole demonstration takes under a minute, so that people watch it.
 */
const AT_SECONDS_MAX = 45;
const IMPORTED_MAX = 1_000;
const OUR_ID = 'letters, digits and _ . : - (128 at most)';

/**
 * Reads the day's sends, in order of time. `accounts` are all accounts that may send. Throws
 * `SetupError`.
 */
export async function readSends(
  file: string,
  accounts: readonly StartInput[],
): Promise<readonly PlannedSend[]> {
  const known = accounts.map(({ accountId }) => accountId);
  const lines = new Map<string, number>();
  const sends = (await linesOf(file, SEND_COLUMNS)).map((line) => {
    const send = sendIn(line);
    if (!known.includes(send.account)) {
      line.flaw('account', `an account of the other file: ${known.join(', ')}`);
    }
    const id = `${send.account} ${reservationOf(send)}`;
    const before = lines.get(id);
    if (before) line.flaw('recipient', `new to ${send.account}: line ${before} has it already`);
    lines.set(id, line.number);
    return send;
  });
  return sends.toSorted((one, other) => one.atSeconds - other.atSeconds);
}

/** Returns the reservation's id of a send. */
export const reservationOf = ({ recipient, by }: PlannedSend): string =>
  by === 'other-tool' ? `${recipient}.${by}` : recipient;

function sendIn(line: Line): PlannedSend {
  const send: PlannedSend = {
    atSeconds: line.amount('at_seconds', AT_SECONDS_MAX),
    account: line.name('account', isAccountId, OUR_ID),
    campaign: line.name('campaign', isCampaignId, OUR_ID),
    recipient: line.name('recipient', isReservationId, OUR_ID),
    behaviour: line.oneOf('behaviour', BEHAVIOURS),
    by: line.oneOf('by', MAKERS),
  };
  const isPlain = send.by !== 'by-hand' || send.behaviour === 'normal';
  return isPlain ? send : line.flaw('behaviour', 'normal: LinkedIn takes what is sent manually');
}

/**
 * Reads the accounts' start objects; relative windows begin at `now`, in ms. Throws `SetupError`.
 */
export async function readAccounts(file: string, now: number): Promise<readonly StartInput[]> {
  const lines = new Map<string, number>();
  return (await linesOf(file, ACCOUNT_COLUMNS)).map((line) => {
    const start = startIn(line, now);
    // Accounts whose ids differ only in case could be one member's, and start held (R13).
    const before = lines.get(start.accountId.toLowerCase());
    if (before) line.flaw('account', `new, and not only in case: line ${before} has it already`);
    lines.set(start.accountId.toLowerCase(), line.number);
    return start;
  });
}

function startIn(line: Line, now: number): StartInput {
  const tier = line.oneOf('tier', TIERS);
  const timezone = line.name('timezone', isKnownZone, 'an IANA time zone such as Europe/Berlin');
  const band = SAFE_BAND[tier];
  const dailyCap = line.count('daily_cap', band, `the safe band of ${tier}`);
  const weeklyMax = WEEKLY_CAP_DAYS * band;
  const weeklyCap = line.count('weekly_cap', weeklyMax, `${WEEKLY_CAP_DAYS} safe bands of ${tier}`);
  const ramp = rampIn(line, tier);
  const sendingWindow = windowIn(line, timezone, now);
  const pacing = pacingIn(line);
  const sent = line.count('inmails_sent_today', IMPORTED_MAX, 'more is surely a typing error');
  const delivered = line.count('delivered_today', sent ?? 0, 'inmails_sent_today');
  return {
    accountId: line.name('account', isAccountId, OUR_ID),
    tier,
    timezone,
    ...(dailyCap === undefined ? {} : { dailyCap }),
    ...(weeklyCap === undefined ? {} : { weeklyCap }),
    ...(ramp === undefined ? {} : { ramp: { dailyCaps: ramp } }),
    ...(sendingWindow === undefined ? {} : { sendingWindow }),
    ...(pacing === undefined ? {} : { pacing }),
    ...(sent === undefined ? {} : { inmailsSentToday: sent }),
    ...(delivered === undefined ? {} : { deliveredToday: delivered }),
  };
}

/** True if Safeband knows the zone, and this machine, too, which computes relative windows. */
const isKnownZone = (raw: string): boolean => isZone(raw) && IANAZone.isValidZone(raw);

/** Reads a ramp such as `5 10 20`: the cap of each day. */
function rampIn(line: Line, tier: Tier): readonly number[] | undefined {
  const text = line.maybe('ramp');
  if (text === undefined) return undefined;
  const caps = /^\d+( \d+)*$/.test(text) ? text.split(' ').map(Number) : [];
  const isGood =
    caps.length > 0 &&
    caps.every((cap, i) => cap >= 1 && cap >= (caps[i - 1] ?? 0) && cap <= SAFE_BAND[tier]);
  if (isGood) return caps;
  const band = `${SAFE_BAND[tier]}, the safe band of ${tier}`;
  return line.flaw('ramp', `ascending caps with one space between, each from 1 to ${band}`);
}

/** Reads a pace such as `60s,50%`. */
function pacingIn(line: Line): StartInput['pacing'] | undefined {
  const text = line.maybe('pacing');
  return text === undefined ? undefined : (paceOf(text) ?? line.flaw('pacing', PACE_WORDS));
}

/** How long a window such as `opens-in-6h` stays open. */
const OPEN_HOURS = 3;
/** Limits of `opens-in-…h`: beyond them, a change of the clocks could open the window now. */
const OPENS_IN_HOURS_MIN = 2;
const OPENS_IN_HOURS_MAX = 18;
const WINDOW_SHOULD_BE =
  `such as mon-fri 09:00-17:30, or opens-in-6h ` +
  `(${OPENS_IN_HOURS_MIN} to ${OPENS_IN_HOURS_MAX} hours; it is then open for ${OPEN_HOURS})`;

/** Reads a window by the account's clock: `mon-fri 09:00-17:30`, or `opens-in-6h` from now. */
function windowIn(line: Line, timezone: string, now: number): SendingWindow | undefined {
  const text = line.maybe('window');
  if (text === undefined) return undefined;
  const window = openingIn(text, timezone, now) ?? hoursIn(text);
  return window ?? line.flaw('window', WINDOW_SHOULD_BE);
}

function openingIn(text: string, timezone: string, now: number): SendingWindow | undefined {
  const hours = Number(/^opens-in-(\d{1,2})h$/.exec(text)?.[1]);
  if (!(hours >= OPENS_IN_HOURS_MIN && hours <= OPENS_IN_HOURS_MAX)) return undefined;
  const local = (after: number): string =>
    DateTime.fromMillis(now, { zone: timezone }).plus({ hours: after }).toFormat('HH:mm');
  // Every weekday, so that the demonstration does not depend on the day on which it is played.
  return { days: WEEKDAYS, start: local(hours), end: local(hours + OPEN_HOURS) };
}

const HOURS =
  /^([a-z]{3})(?:-([a-z]{3}))? ((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)$/;

function hoursIn(text: string): SendingWindow | undefined {
  const [, first = '', last = first, start, end] = HOURS.exec(text) ?? [];
  const days = daysFrom(first, last);
  if (days === undefined || start === undefined || end === undefined) return undefined;
  return { days, start, end };
}

/** Returns the days of a range; `fri` to `mon` passes the weekend. */
function daysFrom(first: string, last: string): readonly Weekday[] | undefined {
  const [from, to] = [first, last].map((word) => WEEKDAYS.findIndex((day) => day === word));
  if (from === undefined || to === undefined || from < 0 || to < 0) return undefined;
  return WEEKDAYS.filter((_, i) => (from <= to ? i >= from && i <= to : i >= from || i <= to));
}
