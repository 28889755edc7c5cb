/** Who changed what, as `account_changes` keeps it: policy, hold, cooldown, settle, connection. */
import type { Cooldown } from '../account/account.js';
import { assertNever } from '../primitives/assert.js';
import type { Details, Event } from '../account/events.js';
import type { ChangeRow } from './records.js';
import { isoInstant, type Instant } from '../primitives/time.js';

type Change = Extract<
  Event,
  {
    type:
      | 'CooldownStarted'
      | 'CooldownEnded'
      | 'BreakerOpened'
      | 'RampRestarted'
      | 'Held'
      | 'Resumed'
      | 'PolicyChanged'
      | 'Connected'
      | 'Disconnected'
      | 'SettledByOperator';
  }
>;

export function changeRow(event: Change, at: Instant): ChangeRow {
  const row = (
    kind: ChangeRow['kind'],
    actor: string,
    reason: string | null,
    details: Details = {},
  ): ChangeRow => ({ table: 'account_changes', kind, actor, reason, details, at });
  const until = ({ until: end, cause }: Cooldown): Details => ({ until: isoInstant(end), cause });
  switch (event.type) {
    case 'CooldownStarted':
      return row('cooldown', 'safeband', event.reason, {
        ...until(event.cooldown),
        ...(event.reservationId === undefined ? {} : { reservationId: event.reservationId }),
      });
    case 'CooldownEnded':
      return row('cooldown', event.actor, 'ended', { cause: event.cause });
    case 'BreakerOpened':
      return row('breaker', event.actor ?? 'safeband', event.reason ?? 'no_credits', {
        until: isoInstant(event.until),
      });
    case 'RampRestarted':
      return row('ramp', 'safeband', 'restricted', { rampDay: 1 });
    case 'Held':
      return row('hold', event.hold.actor, event.hold.reason);
    case 'Resumed':
      return row('resume', event.actor, event.reason);
    case 'PolicyChanged':
      return row('policy', event.actor, null, { policy: JSON.stringify(event.policy) });
    case 'Connected':
      return row('connect', event.actor, null);
    case 'Disconnected':
      return row('disconnect', event.actor, event.reason);
    case 'SettledByOperator':
      return row('settle', event.actor, String(event.details['reason'] ?? ''), event.details);
    default:
      return assertNever(event);
  }
}
