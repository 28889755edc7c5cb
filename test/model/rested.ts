/** The runs of an account that is far over its cap, while no message comes. */
import type { Entity } from '../../src/domain/entity/entity.js';
import type { Domain } from '../support/domain.js';

const DAY = 86_400_000;
const RUNS_EVERY = 600_000;

type Rests = Pick<Domain, 'isCooldownDue' | 'runAfter' | 'overshootAt' | 'record'>;

/** The first run of the day without another cooldown starts one (R8, R9), else midnight does. */
export function rested(domain: Rests, entity: Entity, from: number, until: number): Entity {
  const { account } = entity;
  if (!domain.isCooldownDue(account)) return entity;
  const end = Math.min(until, (account.day + 1) * DAY);
  let tick = domain.runAfter(account.accountId, from + 1);
  while (tick < end && domain.overshootAt(account, tick).length === 0) tick += RUNS_EVERY;
  return tick < end ? domain.record(entity, domain.overshootAt(account, tick)) : entity;
}
