/** Why an account sends nothing, and when it will: in the words of its owner. */
import type { CooldownCause } from '../../account/account.js';
import { isRestriction } from '../../commands/fail.js';
import { assertNever } from '../../primitives/assert.js';
import { dayOf, type Instant } from '../../primitives/time.js';
import type { CanSend } from '../../wire/canSend.js';
import type { StatusWire } from '../../wire/responses.js';
import { isEndedByTime } from '../canSend/reasonWords.js';
import {
  atWords,
  beforeWords,
  midnightAfter,
  namedInstant,
  said,
  type Clock,
  type Said,
} from './customerTimes.js';
import { instant } from './statusGap.js';

export type Stopped = Pick<StatusWire, 'canSend' | 'caps' | 'remaining' | 'hold' | 'cooldown'>;
type Reason = NonNullable<CanSend['reason']>;

/** No cause names another account: the reader may not know that it exists. */
const PAUSES: Readonly<Record<CooldownCause, string>> = {
  overshoot: 'more InMails were counted than the limit allows',
  throttled: 'LinkedIn asked for a pause',
  unclean_end: 'it is not certain what was sent',
  identity_in_use: 'it is not certain what was sent',
  two_owners: 'it is not certain what was sent',
};
const isCause = (text: string): text is CooldownCause => Object.hasOwn(PAUSES, text);

/** Returns why nothing is sent, and when it will be; nothing if the account can send. */
export function stopSentences(stopped: Stopped, clock: Clock): readonly Said[] {
  const { reason, notBefore, needsPerson } = stopped.canSend;
  if (reason === null) return [];
  const why = said(whyWords(stopped, reason));
  if (notBefore !== null) return [why, ...untilWords(stopped, instant(notBefore), clock)];
  return [why, said(needsPerson ? personWords(stopped, reason) : CHECKED)];
}

const CHECKED = 'It sends again as soon as the check is done.';

function whyWords({ caps, hold, cooldown }: Stopped, reason: Reason): string {
  const usedUp = (cap: number): string =>
    cap === 0
      ? 'The daily limit is 0, so nothing is sent.'
      : `Today's limit of ${inMails(cap)} is used up.`;
  switch (reason) {
    case 'disconnected':
      return 'The account is not connected, so nothing is sent.';
    case 'held':
      return hold && isRestriction(hold)
        ? 'LinkedIn has restricted the account, so nothing is sent.'
        : 'Sending was stopped.';
    case 'no_credits':
      return 'The InMail credits of the account are used up.';
    case 'cooldown':
      return `The account pauses, because ${pauseWords(cooldown?.cause ?? '')}.`;
    case 'unverified':
      return 'Nothing is sent right now, because we check what was sent.';
    case 'tier_has_no_inmail':
      return 'A free LinkedIn account has no InMail, so nothing is sent.';
    case 'recipient_contacted':
      return 'This person has got an InMail of the account already.';
    case 'campaign_cap':
      return "Today's limit of the campaign is used up.";
    case 'weekly_cap':
      return caps.weekly === 0
        ? 'The weekly limit is 0, so nothing is sent.'
        : `The limit of ${inMails(caps.weekly)} in 7 days is used up.`;
    case 'ramp_cap':
      return `${usedUp(caps.ramp ?? 0)} It rises step by step, because the account is new.`;
    case 'velocity_cap':
      return `${usedUp(caps.velocity ?? 0)} It follows the number of InMails of the last days.`;
    case 'learnt_cap':
      return `${usedUp(caps.learnt ?? 0)} It is lower for a time, because ${REFUSED}.`;
    case 'daily_cap':
      return usedUp(caps.daily);
    case 'churn_cap':
      return 'As many InMails were tried today as the account allows.';
    case 'outside_window':
      return 'It is outside your sending hours.';
    case 'paced':
      return 'InMails are sent with some time between them.';
    case 'expired':
      return 'Nothing is sent right now.';
    default:
      return assertNever(reason);
  }
}

const pauseWords = (cause: string): string => (isCause(cause) ? PAUSES[cause] : 'we check it');

function untilWords(stopped: Stopped, notBefore: Instant, clock: Clock): readonly Said[] {
  const at = namedInstant(notBefore);
  const next = said(`The next InMail can go out ${atWords(at, clock)}.`, at);
  const { remaining } = stopped;
  const midnight = midnightAfter(clock.now);
  if (dayOf(at) !== dayOf(clock.now) || remaining === 0) return [next];
  const text = `You can then send up to ${remaining} ${beforeWords(midnight, clock)}.`;
  return [next, said(text, midnight)];
}

function personWords({ hold }: Stopped, reason: Reason): string {
  if (reason === 'disconnected') return 'It sends again when it is connected again.';
  if (reason === 'tier_has_no_inmail') return 'It can send when it has a paid LinkedIn plan.';
  if (reason === 'held') {
    return hold && isRestriction(hold)
      ? 'It sends again when a person has checked the account and allows it.'
      : 'It sends again when a person allows it.';
  }
  if (isEndedByTime(reason)) return 'After that, it sends again when a person allows it.';
  return 'It sends again when a person raises the limit.';
}

/** Why a ceiling was learnt (R25). */
export const REFUSED = 'LinkedIn refused a send';

/** `1 InMail`, `50 InMails`. */
export const inMails = (count: number): string => `${count} ${count === 1 ? 'InMail' : 'InMails'}`;
