/**
 * `retryAt`, checked by living until then: nobody says anything, runs succeed and settle what its
 * lease has left. A reserve is granted at that instant, and not a millisecond earlier.
 */
import type { Actor } from '../../src/domain/entity/entity.js';
import { isReservationId } from '../../src/domain/primitives/ids.js';
import { rested } from '../domain/model/rested.js';
import { named } from './names.js';
import { broken } from './broken.js';
import type { World } from './world.js';

const DAY = 86_400_000;
const MINUTE = 60_000;

export function checkRetry(
  world: World,
  actor: Actor,
  retryAt: number | null,
  reason: string,
): void {
  if (retryAt === null || reason === 'unverified' || reason === 'expired') return;
  const { account } = actor;
  // A window that is not known yet, or an account that was not checked, tells no time.
  if (account.policy.sendingWindow !== null && account.openings === null) return;
  world.happened('retryAt was lived');
  const then = livedUntil(world, actor, retryAt);
  if (then !== 'granted') {
    broken('a reserve at retryAt is granted', `${reason} until ${iso(retryAt)}: ${then}`);
  }
  if (retryAt - 1 <= account.now) return;
  const sooner = livedUntil(world, actor, retryAt - 1);
  if (sooner === 'granted') {
    broken('a reserve before retryAt is refused', `${reason} until ${iso(retryAt)}`);
  }
}

const iso = (at: number): string => new Date(at).toISOString();

/** What a reserve hears at that instant. */
function livedUntil({ domain }: World, from: Actor, at: number): string {
  let actor = rested(domain, from, from.account.now, at);
  const { accountId, now } = from.account;
  const runs = from.account.slots
    .filter(({ state }) => state === 'in_flight')
    .map(({ reservationId, leaseExpiresAt }) => ({
      reservationId,
      at: Math.max(now, domain.runAfter(accountId, leaseExpiresAt)),
    }))
    .filter((one) => one.at < at)
    .toSorted((a, b) => a.at - b.at);
  const settleBefore = (instant: number): void => {
    for (let one = runs[0]; one && one.at < instant; one = runs[0]) {
      runs.shift();
      const report = { reservationId: one.reservationId, kind: 'unknown' } as const;
      actor = domain.tell(actor, domain.fail, report, one.at).actor;
    }
  };
  // The midnight timer of an idle account.
  for (let day = Math.floor(now / DAY) + 1; day * DAY + MINUTE < at; day += 1) {
    settleBefore(day * DAY + MINUTE);
    actor = domain.pass(actor, day * DAY + MINUTE);
  }
  settleBefore(at);
  actor = domain.record(domain.pass(actor, at), [{ type: 'Reconciled', at }]);
  const ask = { reservationId: named(isReservationId, 'asked-again') };
  const { answer } = domain.tell(actor, domain.reserve, ask, at);
  if ('granted' in answer) return answer.granted ? 'granted' : answer.reason;
  return answer.refused;
}
