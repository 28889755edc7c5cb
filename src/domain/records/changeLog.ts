/** Rows of `account_changes`: changes of policy, hold, cooldown and connection, and settles. */
import type { Cooldown, Account } from '../account/account.js';
import { COOLDOWN_CAUSES } from '../account/stops.js';
import { assertNever } from '../primitives/assert.js';
import type { Details, Event } from '../account/events.js';
import type { ChangeRow } from './records.js';
import { isoDay, isoInstant, parseDay, parseInstant, type Instant } from '../primitives/time.js';
import type { Policy } from '../account/policy.js';
import { counterOf } from '../account/counter.js';
import { cooldownStarted, isBroken } from '../gate/cooldown.js';

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

/** LinkedIn itself refused a send. */
const REPORTED = 'no_credits';

/** Returns the row of a change. `before` is the policy that a changed policy replaces. */
export function changeRow(event: Change, at: Instant, before: Policy): ChangeRow {
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
      return row('cooldown', event.actor, 'ended', {
        cause: event.cause,
        ...(event.reason === undefined ? {} : { reason: event.reason }),
      });
    case 'BreakerOpened':
      return row('breaker', event.actor ?? 'safeband', event.reason ?? REPORTED, {
        until: isoInstant(event.until),
      });
    case 'RampRestarted':
      return row('ramp', 'safeband', 'restricted', { rampDay: 1 });
    case 'Held':
      return row('hold', event.hold.actor, event.hold.reason);
    case 'Resumed':
      return row('resume', event.actor, event.reason);
    case 'PolicyChanged':
      return row('policy', event.actor, event.reason ?? null, {
        policy: JSON.stringify(event.policy),
        before: JSON.stringify(before),
      });
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

/** Returns the row of a learnt ceiling, also while the policy applies no ceiling (R25). */
export function learntRow(
  { reason }: Extract<Event, { type: 'CapLearnt' }>,
  { learnt, policy, now: at }: Account,
): readonly ChangeRow[] {
  if (!learnt) return [];
  const details = { cap: learnt.cap, until: isoDay(learnt.until) };
  const may = policy.learntCap ? '' : '; learntCap is off, so it is no cap';
  const text = `${reason}; at most ${details.cap} a day until ${details.until}${may}`;
  return [
    { table: 'account_changes', kind: 'learnt_cap', actor: 'safeband', reason: text, details, at },
  ];
}

/** Returns the row of a breaker that a balance has opened or closed (R24). */
export function breakerRow(event: Event, before: Account, after: Account): readonly ChangeRow[] {
  const { now, policy } = after;
  const isOpen = isBroken(after, now);
  const isReported = event.type === 'BreakerOpened' || event.type === 'Resumed';
  if (isReported || isOpen === isBroken(before, now)) return [];
  const until = isOpen ? (after.breakerUntil ?? now) : now;
  const reason = `the balance of credits is ${after.credits?.balance ?? 'not known'}`;
  const changed = { type: 'BreakerOpened', until, actor: 'safeband', reason } as const;
  return [changeRow(changed, now, policy)];
}

export type WrittenChange = Omit<ChangeRow, 'table'>;

/** Returns the facts of a row of `account_changes`; none for a row that is a manual edit. */
export function eventsOf(change: WrittenChange, account: Account): readonly Event[] {
  const { kind, actor, details, at } = change;
  const reason = change.reason ?? '';
  switch (kind) {
    case 'cooldown':
      return cooldown(change, account);
    case 'breaker': {
      const until = instantIn(details['until']);
      if (until === undefined) return [];
      const moved = reason === REPORTED ? {} : { actor, reason };
      return [{ type: 'BreakerOpened', until, ...moved }];
    }
    case 'ramp':
      return [{ type: 'RampRestarted' }];
    case 'learnt_cap': {
      const until = parseDay(String(details['until']));
      if (until === undefined) return [];
      return [{ type: 'CapLearnt', learnt: { cap: Number(details['cap']), until }, reason }];
    }
    case 'hold':
      return [{ type: 'Held', hold: { reason, actor, since: at } }];
    case 'resume':
      return [{ type: 'Resumed', actor, reason }];
    case 'policy': {
      // As changeRow wrote it; no other program writes that table.
      const policy: Policy = JSON.parse(String(details['policy']));
      const isSameRamp = JSON.stringify(policy.ramp) === JSON.stringify(account.policy.ramp);
      const rampDay = isSameRamp ? account.rampDay : 1;
      const given = change.reason === null ? {} : { reason };
      return [{ type: 'PolicyChanged', policy, rampDay, actor, ...given }];
    }
    case 'connect':
      return [{ type: 'Connected', actor }];
    case 'disconnect':
      return [{ type: 'Disconnected', actor, reason }];
    case 'settle': // its slot contains it
      return [];
    default:
      return [];
  }
}

function cooldown({ actor, details, reason }: WrittenChange, account: Account): readonly Event[] {
  const cause = COOLDOWN_CAUSES.find((one) => one === details['cause']);
  const until = instantIn(details['until']);
  if (cause === undefined) return [];
  if (until === undefined) return [{ type: 'CooldownEnded', cause, actor }];
  const started = cooldownStarted(cause, until, counterOf(account, account.day), reason ?? '');
  const { reservationId } = details;
  return [typeof reservationId === 'string' ? { ...started, reservationId } : started];
}

const instantIn = (raw: unknown): Instant | undefined =>
  typeof raw === 'string' ? parseInstant(raw) : undefined;

/** Returns what only the row of a grant keeps: it is not a part of the slot (R20, R23). */
export const marksOf = ({ again, wouldDeny }: Extract<Event, { type: 'SlotReserved' }>) => ({
  ...(again ? { again } : {}),
  ...(wouldDeny ? { wouldDeny } : {}),
});
