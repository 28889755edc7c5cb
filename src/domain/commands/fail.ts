/** Reports that an InMail was not sent, or that its outcome is not known (R5). */
import { findSlot, type Account, type FailureKind, type Hold } from '../account/account.js';
import { changed } from '../account/slot.js';
import { assertNever } from '../primitives/assert.js';
import { renewalAfter } from '../account/credits.js';
import { alert, type Event } from '../account/events.js';
import type { ReservationId } from '../primitives/ids.js';
import { COOLDOWN_MS, THROTTLE_MAX_MS } from '../primitives/limits.js';
import { SECOND_MS, type Instant } from '../primitives/time.js';
import { counterOf } from '../account/counter.js';
import { refuse, type Decided } from '../account/refusals.js';
import { cooldownStarted } from '../gate/cooldown.js';
import { learntFrom } from '../gate/learnt.js';

export const FAILURE_KINDS: readonly FailureKind[] = [
  'not_attempted',
  'rejected',
  'throttled',
  'no_credits',
  'restricted',
  'unknown',
];

export type Fail = {
  readonly reservationId: ReservationId;
  readonly kind: FailureKind;
  readonly code?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
};
export type Failed = {
  readonly settled:
    'released' | 'uncertain' | 'already_released' | 'already_uncertain' | 'already_delivered';
};

/** Raises the slot to the reported state, and applies the effects of the kind once. */
export function fail(account: Account, report: Fail, at: Instant): Decided<Failed> {
  const { reservationId, kind } = report;
  const effects = effectsOf(account, report, at);
  const slot = findSlot(account, reservationId);
  if (!slot) {
    const details = { reservationId, kind, message: 'sendFailed' };
    return refuse('ReservationUnknown', `reservation ${reservationId} is not known here`, [
      ...effects,
      alert('old_id', 'info', details),
    ]);
  }
  if (slot.state === 'delivered' && kind !== 'unknown') {
    return refuse(
      'ReservationSettled',
      `reservation ${reservationId}: it is delivered with a proof, so "${kind}" changes nothing`,
      effects,
    );
  }
  const target = kind === 'unknown' ? 'uncertain' : 'released';
  if (slot.state === 'in_flight' || (slot.state === 'uncertain' && target === 'released')) {
    return { events: [changed(slot, target, kind, at), ...effects], answer: { settled: target } };
  }
  return { events: effects, answer: { settled: `already_${slot.state}` } };
}

const REPORTED = ', reported for reservation ';

/** True if LinkedIn has restricted the account, and no person held the account. */
export const isRestriction = ({ actor, reason }: Pick<Hold, 'actor' | 'reason'>): boolean =>
  actor === 'safeband' && reason.startsWith(`restricted${REPORTED}`);

/** Returns the effects of a kind on the account: once for each reservation and kind. */
function effectsOf(account: Account, report: Fail, at: Instant): readonly Event[] {
  const { reservationId, kind } = report;
  if (kind !== 'throttled' && kind !== 'no_credits' && kind !== 'restricted') return [];
  const isApplied = account.effects.some(
    (effect) => effect.reservationId === reservationId && effect.kind === kind,
  );
  if (isApplied) return [];
  const applied: Event = {
    type: 'EffectApplied',
    effect: { reservationId, kind, day: account.day },
  };
  return [applied, ...effectOf(account, kind, report, at)];
}

function effectOf(
  account: Account,
  kind: 'throttled' | 'no_credits' | 'restricted',
  report: Fail,
  at: Instant,
): readonly Event[] {
  const why = `${kind}${REPORTED}${report.reservationId}`;
  switch (kind) {
    case 'throttled': {
      const asked = (report.retryAfterSeconds ?? 0) * SECOND_MS;
      const pause = Math.max(COOLDOWN_MS, Math.min(asked, THROTTLE_MAX_MS));
      const { reservationId } = report;
      const counter = counterOf(account, account.day);
      const started = cooldownStarted('throttled', at + pause, counter, why);
      return [{ ...started, reservationId }, ...learntFrom(account, reservationId, why)];
    }
    case 'no_credits':
      return [{ type: 'BreakerOpened', until: renewalAfter(at, account.policy) }];
    case 'restricted': {
      const held: Event = { type: 'Held', hold: { reason: why, actor: 'safeband', since: at } };
      const { reservationId, code } = report;
      const details = { reservationId, code: code ?? null };
      const raised = alert('restricted', 'critical', details);
      const learnt = learntFrom(account, reservationId, why);
      return [...(account.hold ? [] : [held]), { type: 'RampRestarted' }, ...learnt, raised];
    }
    default:
      return assertNever(kind);
  }
}
