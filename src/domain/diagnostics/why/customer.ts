/**
 * The day of an account in the words of its owner: what was sent, what may have been sent, what is
 * left, and why nothing is sent (R17). Page, API, command line and shared links show these texts.
 * They contain no id, no name and no text that a person wrote, because a shared link shows them to
 * people outside. All numbers are those that the gate uses, also during a manual edit of the row.
 */
import type { OffsetAt } from '../canSend/canSendLine.js';
import type { Instant } from '../../primitives/time.js';
import type { StatusWire } from '../../wire/responses.js';
import { inMails, REFUSED, stopSentences } from './customerStops.js';
import { atWords, beforeWords, midnightAfter, namedInstant, said } from './customerTimes.js';
import type { Clock, Said } from './customerTimes.js';
import { instant } from './statusGap.js';

export type CustomerWords = {
  /** InMails of today that were certainly sent. */
  readonly sent: number;
  /** InMails of today that may have been sent; `sent` and these take room. */
  readonly maybe: number;
  /** InMails that may still be sent today; 0 if nothing can be sent now. */
  readonly left: number;
  /** What was sent, what may have been sent, and what is left: one paragraph. */
  readonly today: readonly Said[];
  /** Why nothing is sent, and when it will be; empty if the account can send. */
  readonly stop: readonly Said[];
  /** What the numbers consist of, and the limits. */
  readonly details: readonly Said[];
};

/** Returns the words as of `now`. `status` is the gate's own, without what a manual edit adds. */
export function customerWords(
  status: StatusWire,
  now: Instant,
  offsetAt: (timezone: string) => OffsetAt,
): CustomerWords {
  const { timezone, canSend } = status;
  const clock: Clock = { now, timezone, offsetAt: offsetAt(timezone) };
  const sent = Math.max(0, status.delivered + status.external + status.imported);
  const maybe = status.inFlight + status.uncertain + Math.max(0, status.unexplained);
  const today = [
    said(sent === 0 ? 'You have sent no InMails today.' : `You have sent ${inMails(sent)} today.`),
    ...maybeSentences(sent, maybe),
    ...carriedSentences(status.carried),
    ...leftSentences(status, sent + maybe + status.carried > 0, clock),
    ...(status.mode === 'shadow' ? [said(SHADOW)] : []),
  ];
  const stop = stopSentences(status, clock);
  const named = [...today, ...stop].map(({ at }) => at);
  // No instant is named twice.
  const details = detailSentences(status, clock).filter(
    ({ at }) => at === null || !named.includes(at),
  );
  return { sent, maybe, left: canSend.left, today, stop, details };
}

/** The gate of the account denies almost nothing (R23). */
const SHADOW = 'At present, we only count the InMails of this account, and stop none.';

function maybeSentences(sent: number, maybe: number): readonly Said[] {
  if (maybe === 0) return [];
  const what = sent === 0 ? inMails(maybe) : `${maybe} more`;
  const count = maybe === 1 ? 'it counts' : 'they count';
  return [said(`${what} may have gone out, so ${count} until we know.`)];
}

function carriedSentences(carried: number): readonly Said[] {
  if (carried === 0) return [];
  const count = carried === 1 ? 'it counts' : 'they count';
  return [
    said(
      `${inMails(carried)} of an earlier day may have gone out today, so ${count} today as well.`,
    ),
  ];
}

function leftSentences({ canSend }: StatusWire, hasSome: boolean, clock: Clock): readonly Said[] {
  if (!canSend.canSend || canSend.wouldDeny) return [];
  const midnight = midnightAfter(clock.now);
  const closing = canSend.until === null ? midnight : namedInstant(instant(canSend.until));
  const end = Math.min(closing, midnight);
  const hours = end < midnight ? ', when your sending hours end' : '';
  const what = hasSome ? `${canSend.left} more` : inMails(canSend.left);
  return [said(`You can send ${what} ${beforeWords(end, clock)}${hours}.`, end)];
}

/** When the ceiling may rise, of today and of a status that knows it (R25). */
function learntSentences(cap: number, learnt: StatusWire['learnt'], clock: Clock): readonly Said[] {
  const limit = said(`Today the limit is ${cap}: it is lower for a time, because ${REFUSED}.`);
  if (learnt === null) return [limit];
  const growsAt = instant(`${learnt.growsOn}T00:00:00.000Z`);
  return [limit, said(`That limit can rise ${atWords(growsAt, clock)}.`, growsAt)];
}

function detailSentences(status: StatusWire, clock: Clock): readonly Said[] {
  const { delivered, external, imported, inFlight, uncertain, unexplained, caps } = status;
  const are = (count: number): string => `${count} ${count === 1 ? 'is' : 'are'}`;
  const were = (count: number): string => `${count} ${count === 1 ? 'was' : 'were'}`;
  const part = (count: number, text: string): readonly Said[] => (count > 0 ? [said(text)] : []);
  const midnight = midnightAfter(clock.now);
  return [
    ...part(delivered, `${were(delivered)} sent automatically.`),
    ...part(external, `${were(external)} sent manually, or by another program.`),
    ...part(
      imported,
      `${were(imported)} sent by another program before the account was connected.`,
    ),
    ...part(inFlight, `${are(inFlight)} being sent, or the result has not arrived yet.`),
    ...part(uncertain, `${uncertain} had no clear answer from LinkedIn.`),
    ...part(unexplained, `${are(unexplained)} counted, and we check where the number comes from.`),
    ...part(
      caps.daily,
      `The limit is ${inMails(caps.daily)} a day and ${caps.weekly} in 7 days. In the last 7 days,` +
        ` ${status.weekUsed} ${status.weekUsed === 1 ? 'counts' : 'count'}.`,
    ),
    ...(caps.binding === 'ramp' && caps.ramp !== null
      ? [said(`Today the limit is ${caps.ramp}: it rises step by step for a new account.`)]
      : []),
    ...(caps.binding === 'velocity' && caps.velocity !== null
      ? [said(`Today the limit is ${caps.velocity}: it follows the InMails of the last days.`)]
      : []),
    ...(caps.binding === 'learnt' && caps.learnt !== null
      ? learntSentences(caps.learnt, status.learnt, clock)
      : []),
    said(`This day ends ${beforeWords(midnight, clock).replace(/^before/, 'at')}.`, midnight),
  ];
}
