/**
 * "Can it send?" in one line: the machine-readable answer of the gate (`wire/canSend.ts`) in words,
 * the same on page, list, command line and API (R17). Example: "Not before 08:08 in Europe/Berlin
 * (07:08 UTC, in 1 h 12 min): outside its sending hours".
 */
import { isRestriction } from '../../commands/fail.js';
import { TIER_WORDS, type Tier } from '../../primitives/tier.js';
import { MINUTE_MS, SECOND_MS, dayOf, isoInstant, type Instant } from '../../primitives/time.js';
import { dateOf, duration } from '../../primitives/timeWords.js';
import type { CanSend } from '../../wire/canSend.js';
import type { WouldDenyWire } from '../../wire/decisions.js';
import type { Mode } from '../../account/policy.js';
import { causeWords } from '../why/blockers.js';
import { instant } from '../why/statusGap.js';
import { isEndedByTime, REASON_WORDS } from './reasonWords.js';

/** The parts of a status that the line needs. */
export type Sender = {
  readonly canSend: CanSend;
  readonly mode: Mode;
  readonly tier: Tier;
  readonly caps: { readonly daily: number; readonly weekly: number };
  readonly hold: { readonly actor: string; readonly reason: string } | null;
  readonly cooldown: { readonly cause: string } | null;
  readonly timezone: string;
};
/** How far the local time of the account is ahead of UTC at an instant, in ms. */
export type OffsetAt = (at: Instant) => number;
/** The line in parts, so that a page can count down: `before`, the time until `at`, `after`. */
export type LineParts = {
  readonly before: string;
  readonly at: Instant | null;
  readonly after: string;
};

/** Returns the line as of `now`. */
export function canSendLine(sender: Sender, now: Instant, offsetAt: OffsetAt): string {
  const { before, at, after } = linePartsOf(sender, now, offsetAt);
  return at === null ? before : `${before}${duration(at - now)}${after}`;
}

/** Returns the parts of the line; without an instant, `before` is the whole line. */
export function linePartsOf(sender: Sender, now: Instant, offsetAt: OffsetAt): LineParts {
  const { reason, notBefore, left, needsPerson, wouldDeny } = sender.canSend;
  const whole = (before: string): LineParts => ({ before, at: null, after: '' });
  if (reason === null && wouldDeny) return whole(shadowWords(sender, wouldDeny, now, offsetAt));
  if (reason === null) return whole(`Can send now${IN_MODE[sender.mode]} (${left} left today)`);
  if (notBefore !== null) {
    const at = instant(notBefore);
    const time = timeWords(at, now, sender.timezone, offsetAt);
    return { before: `Not before ${time}in `, at, after: `): ${wordsOf(sender, reason)}` };
  }
  return whole(needsPerson ? stopWords(sender, reason) : `Cannot send: ${REASON_WORDS[reason]}`);
}

const IN_MODE: Readonly<Record<Mode, string>> = { enforce: '', shadow: ' in shadow mode' };

/** Returns the grant of shadow mode, and the denial that it records (R23). */
function shadowWords(
  sender: Sender,
  { reason, retryAt }: WouldDenyWire,
  now: Instant,
  offsetAt: OffsetAt,
): string {
  const why = wordsOf(sender, reason);
  const granted = 'Granted in shadow mode; would be denied';
  if (retryAt === null || reason === 'unverified') return `${granted}: ${why}`;
  // The parenthesis of the other lines ends with the length of time, which this line omits.
  const time = timeWords(instant(retryAt), now, sender.timezone, offsetAt);
  const until = time.endsWith(' (') ? time.slice(0, -2) : `${time.slice(0, -2)})`;
  return `${granted} until ${until}: ${why}`;
}

type Reason = NonNullable<CanSend['reason']>;

/** Returns the reason in words, with what the account knows about it. */
function wordsOf({ tier, caps, cooldown }: Sender, reason: Reason): string {
  if (reason === 'cooldown' && cooldown) return causeWords(cooldown.cause);
  if (reason === 'tier_has_no_inmail') return `the ${TIER_WORDS[tier]} tier has no InMail`;
  if (reason === 'daily_cap' && caps.daily === 0) return 'its daily cap is 0';
  if (reason === 'weekly_cap' && caps.weekly === 0) return 'its weekly cap is 0';
  return REASON_WORDS[reason];
}

function stopWords(sender: Sender, reason: Reason): string {
  const { hold } = sender;
  if (reason === 'held' && hold) {
    if (isRestriction(hold)) return 'Stopped by LinkedIn: a person has to look';
    const by = hold.actor === 'safeband' ? 'Safeband' : hold.actor;
    return `Stopped by ${by}: a person has to resume it`;
  }
  const more = isEndedByTime(reason) ? ', and then a person has to act' : '';
  return `Cannot send: ${wordsOf(sender, reason)}${more}`;
}

/** Returns an instant in the account's zone and in UTC, up to the length of time that follows. */
function timeWords(at: Instant, now: Instant, timezone: string, offsetAt: OffsetAt): string {
  const ahead = offsetAt(at);
  const today = dayOf(now + offsetAt(now));
  const local = at + ahead;
  const there = clockWords(local, dayOf(local) !== today);
  if (ahead === 0) return `${there} UTC (`;
  return `${there} in ${timezone} (${clockWords(at, dayOf(at) !== dayOf(local))} UTC, `;
}

/** Returns the time of day; with seconds where a whole minute would be too early. */
function clockWords(at: Instant, withDate: boolean): string {
  const next = Math.ceil(at / SECOND_MS) * SECOND_MS;
  const time = isoInstant(next).slice(11, next % MINUTE_MS === 0 ? 16 : 19);
  return withDate ? `${dateOf(next)}, ${time}` : time;
}
