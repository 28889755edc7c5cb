/**
 * Checks `retryAt` by playing the account until that instant: no message comes, and runs succeed and
 * settle slots without a report. A reserve is granted then, and not a millisecond earlier.
 */
import type { Entity } from '../../src/domain/entity/entity.js';
import { isReservationId, type CampaignId } from '../../src/domain/primitives/ids.js';
import { rested } from '../model/rested.js';
import { named } from './names.js';
import { broken } from './broken.js';
import type { World } from './world.js';

const DAY = 86_400_000;
const MINUTE = 60_000;

export function checkRetry(
  world: World,
  entity: Entity,
  retryAt: number | null,
  reason: string,
  campaignId: CampaignId | undefined,
): void {
  if (retryAt === null || reason === 'unverified' || reason === 'expired') return;
  const { account } = entity;
  // An unknown window, or an account without a check, gives no time.
  if (account.policy.sendingWindow !== null && account.openings === null) return;
  world.happened('retryAt was lived');
  const then = livedUntil(world, entity, retryAt, campaignId);
  if (then !== 'granted') {
    broken('a reserve at retryAt is granted', `${reason} until ${iso(retryAt)}: ${then}`);
  }
  if (retryAt - 1 <= account.now) return;
  const sooner = livedUntil(world, entity, retryAt - 1, campaignId);
  if (sooner === 'granted') {
    broken('a reserve before retryAt is refused', `${reason} until ${iso(retryAt)}`);
  }
}

const iso = (at: number): string => new Date(at).toISOString();

/** Returns the answer to a reserve at that instant. */
function livedUntil(
  { domain }: World,
  from: Entity,
  at: number,
  campaignId: CampaignId | undefined,
): string {
  let entity = rested(domain, from, from.account.now, at);
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
      entity = domain.execute(entity, domain.fail, report, one.at).entity;
    }
  };
  // The midnight timer of an idle account.
  for (let day = Math.floor(now / DAY) + 1; day * DAY + MINUTE < at; day += 1) {
    settleBefore(day * DAY + MINUTE);
    entity = domain.pass(entity, day * DAY + MINUTE);
  }
  settleBefore(at);
  entity = domain.record(domain.pass(entity, at), [{ type: 'Reconciled', at }]);
  const ask = { reservationId: named(isReservationId, 'asked-again'), campaignId };
  const { answer } = domain.execute(entity, domain.reserve, ask, at);
  // In shadow mode, a grant that the gate would deny is a denial (R23).
  if ('granted' in answer)
    return answer.granted ? (answer.wouldDeny?.reason ?? 'granted') : answer.reason;
  return answer.refused;
}
