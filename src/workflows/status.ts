/** The status of an account, as its workflow answers it. */
import { nextRunAt, type Entity } from '../domain/entity/entity.js';
import type { Account } from '../domain/account/account.js';
import type { Instant } from '../domain/primitives/time.js';
import { statusWire, type StatusWire } from '../domain/wire/responses.js';

/** The account at that instant, and what is known about its rows. */
export const statusOf = (entity: Entity, account: Account, at: Instant): StatusWire =>
  statusWire(account, at, {
    version: entity.version,
    unsaved: entity.outbox.length,
    nextRunAt: nextRunAt(entity, at),
  });
