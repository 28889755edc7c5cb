/** What a row of `account_changes` says happened: `changeLog.ts` read backwards. */
import type { Account, CooldownCause } from '../account/account.js';
import type { Event } from '../account/events.js';
import type { Policy } from '../account/policy.js';
import type { ChangeRow } from './records.js';
import { parseInstant, type Instant } from '../primitives/time.js';
import { counterOf } from '../account/counter.js';
import { cooldownStarted } from '../gate/cooldown.js';

export type WrittenChange = Omit<ChangeRow, 'table'>;

const CAUSES: readonly CooldownCause[] = [
  'overshoot',
  'throttled',
  'unclean_end',
  'identity_in_use',
  'two_owners',
];

/** Nothing for what a hand has written. */
export function eventsOf(change: WrittenChange, account: Account): readonly Event[] {
  const { kind, actor, details, at } = change;
  const reason = change.reason ?? '';
  switch (kind) {
    case 'cooldown':
      return cooldown(change, account);
    case 'breaker': {
      const until = instantIn(details['until']);
      return until === undefined ? [] : [{ type: 'BreakerOpened', until }];
    }
    case 'ramp':
      return [{ type: 'RampRestarted' }];
    case 'hold':
      return [{ type: 'Held', hold: { reason, actor, since: at } }];
    case 'resume':
      return [{ type: 'Resumed', actor, reason }];
    case 'policy': {
      // As changeLog.ts wrote it; nobody else writes that table.
      const policy: Policy = JSON.parse(String(details['policy']));
      const isSameRamp = JSON.stringify(policy.ramp) === JSON.stringify(account.policy.ramp);
      const rampDay = isSameRamp ? account.rampDay : 1;
      return [{ type: 'PolicyChanged', policy, rampDay, actor }];
    }
    case 'connect':
      return [{ type: 'Connected', actor }];
    case 'disconnect':
      return [{ type: 'Disconnected', actor, reason }];
    case 'settle': // its slot tells it
      return [];
    default:
      return [];
  }
}

function cooldown({ actor, details, reason }: WrittenChange, account: Account): readonly Event[] {
  const cause = CAUSES.find((one) => one === details['cause']);
  const until = instantIn(details['until']);
  if (cause === undefined) return [];
  if (until === undefined) return [{ type: 'CooldownEnded', cause, actor }];
  const started = cooldownStarted(cause, until, counterOf(account, account.day), reason ?? '');
  const { reservationId } = details;
  return [typeof reservationId === 'string' ? { ...started, reservationId } : started];
}

const instantIn = (raw: unknown): Instant | undefined =>
  typeof raw === 'string' ? parseInstant(raw) : undefined;
