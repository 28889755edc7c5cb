/** The status of an account, as its workflow answers it. */
import { nextRunAt, type Entity } from '../domain/entity/entity.js';
import type { Account } from '../domain/account/account.js';
import type { Instant } from '../domain/primitives/time.js';
import {
  statusNumbers,
  statusWire,
  type StatusNumbers,
  type StatusWire,
} from '../domain/wire/responses.js';

const bookOf = (entity: Entity, at: Instant) => ({
  version: entity.version,
  unsaved: entity.outbox.length,
  nextRunAt: nextRunAt(entity, at),
});

/** Returns the account at that instant, and what is known about its rows. */
export const statusOf = (
  entity: Entity,
  account: Account,
  at: Instant,
  isForecast: boolean,
): StatusWire => statusWire(account, at, bookOf(entity, at), isForecast);

/** Returns the status without the gate's answers, because the panel is computed in each task. */
export const numbersOf = (entity: Entity, at: Instant): StatusNumbers =>
  statusNumbers(entity.account, at, bookOf(entity, at));
