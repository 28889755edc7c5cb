/** Lines of the status of an account: its stops, and its credits. */
import type { Instant } from '../../../domain/primitives/time.js';
import type { StatusRead } from '../../../status/readStatus.js';
import { clock, counted, instantOf, when } from '../../text.js';

/** Returns the reasons why the account may not send, each with its end. */
export function stopsOf(
  { cooldown, hold, breakerUntil }: StatusRead,
  now: Instant,
): readonly (readonly [string, string])[] {
  const stops: [string, string][] = [];
  if (hold)
    stops.push([
      'held',
      `by ${hold.actor} since ${clock(instantOf(hold.since), now)}: ${hold.reason}`,
    ]);
  if (breakerUntil !== null)
    stops.push(['no credits', `until ${when(instantOf(breakerUntil), now)}`]);
  if (cooldown)
    stops.push(['cooldown', `until ${when(instantOf(cooldown.until), now)}: ${cooldown.cause}`]);
  return stops;
}

/** Returns the known balance, how long it lasts, and its renewal. */
export function creditLines(credits: StatusRead['credits'], now: Instant): readonly string[] {
  if (!credits) return [];
  const { balance, observed, observedAt, grant, renewsAt, runwayDays } = credits;
  const { spent, refunded, renewed } = credits;
  const isKnown = balance > 0 && runwayDays !== null;
  const lasts = isKnown ? `, for ${counted(runwayDays, 'day')} at the present rate` : '';
  const seen = [
    `${observed} observed ${clock(instantOf(observedAt), now)}`,
    `${spent} spent since`,
    `${refunded} back by replies, ${renewed} renewed`,
  ].join(', ');
  return [`${balance} left${lasts}; ${seen}; ${grant} more on ${renewsAt.slice(0, 10)}`];
}
