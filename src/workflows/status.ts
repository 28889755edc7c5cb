/** The status of an account, as its workflow answers it. */
import { nextRunAt, type Actor } from '../domain/entity/entity.js';
import type { Account } from '../domain/account/account.js';
import type { Instant } from '../domain/primitives/time.js';
import { statusWire, type StatusWire } from '../domain/wire/responses.js';

/** The account as it is seen at that instant, and what is known of its rows. */
export const statusOf = (actor: Actor, account: Account, at: Instant): StatusWire =>
  statusWire(account, at, {
    version: actor.version,
    unsaved: actor.outbox.length,
    nextRunAt: nextRunAt(actor, at),
  });
