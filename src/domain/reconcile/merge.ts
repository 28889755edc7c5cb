/** Two states of one account, after a reset or a second writer: the higher one wins (R14). */
import { findSlot, type Account, type External, type Slot } from '../account/account.js';
import type { Event } from '../account/events.js';
import { EventCollector } from '../account/eventCollector.js';
import { isSameId, keptSlot } from '../account/kept.js';
import { deliveredSlot, endedSlot, RANK } from '../account/slot.js';
import type { Instant } from '../primitives/time.js';
import { isMessageOf, isProvenBy, isSameProof } from '../account/proof.js';
import { cooldownStarted } from '../gate/cooldown.js';

/** Returns what `other` adds to `account`: slots, higher states, external sends, and stops. */
export function merged(account: Account, other: Account): readonly Event[] {
  const facts = new EventCollector(account);
  for (const slot of other.slots) facts.apply(liftSlot(facts.view, slot));
  // An external send that is counted here may take the place of a known one.
  for (const one of other.externals) {
    if (!isCounted(account, one)) facts.apply(counted(facts.view, one, one.at));
  }
  return [...facts.events, ...stopsOf(account, other)];
}

/** Counts an external send of another source: known, or a delivery's own message, or one more. */
export function counted(account: Account, external: External, sentAt: Instant): readonly Event[] {
  if (isCounted(account, external)) return [];
  const slot = account.slots.find((one) => isMessageOf(one, external));
  if (slot) return [completed(slot, external)];
  return [{ type: 'ExternalCounted', external, sentAt }];
}

/** A delivery without a message id takes the external send of its chat (R4). */
export function claimedBy({ externals }: Account, slot: Slot): readonly Event[] {
  const seen = externals.find((known) => isMessageOf(slot, known));
  return seen ? [claim(slot, seen), completed(slot, seen)] : [];
}

const claim = (slot: Slot, { chatId, messageId, quotaDay }: External): Event => ({
  type: 'ExternalClaimed',
  proof: { chatId, messageId },
  isSameDay: quotaDay === slot.quotaDay,
  reservedAt: slot.reservedAt,
});

const completed = (slot: Slot, seen: External): Event => ({
  type: 'ProofCompleted',
  slot: slot.state === 'delivered' ? deliveredSlot(slot, seen, slot.settledAt, true) : slot,
});

/** True if the send is known, as external or as a reservation's delivery. */
const isCounted = (account: Account, one: External): boolean =>
  account.externals.some((known) => isSameProof(known, one)) ||
  account.slots.some((slot) => isProvenBy(slot, one));
/** Returns the stops of `other` that are stricter than those of `account`. */
function stopsOf(account: Account, other: Account): readonly Event[] {
  const { hold, breakerUntil, cooledAtCounter } = other;
  const effects = other.effects.filter(
    ({ reservationId, kind }) =>
      !account.effects.some((one) => one.reservationId === reservationId && one.kind === kind),
  );
  const cooldowns = other.cooldowns.filter(
    ({ cause, until }) =>
      until > account.now &&
      !account.cooldowns.some((known) => known.cause === cause && known.until >= until),
  );
  const isLonger = breakerUntil !== null && breakerUntil > (account.breakerUntil ?? account.now);
  return [
    ...effects.map((effect): Event => ({ type: 'EffectApplied', effect })),
    ...(effects.some(({ kind }) => kind === 'restricted')
      ? [{ type: 'RampRestarted' } as const]
      : []),
    ...cooldowns.map(({ cause, until }) => cooldownStarted(cause, until, cooledAtCounter, KEPT)),
    ...(isLonger ? [{ type: 'BreakerOpened', until: breakerUntil } as const] : []),
    ...(hold && !account.hold ? [{ type: 'Held', hold } as const] : []),
    ...newerCredits(account, other),
    ...stricterCeiling(account, other),
  ];
}

/** Returns the balance of `other` if it was observed later, or its replies to InMails (R24). */
function newerCredits({ credits: own }: Account, { credits }: Account): readonly Event[] {
  if (!credits) return [];
  if (credits.at > (own?.at ?? -Infinity)) return [{ type: 'CreditsObserved', credits }];
  const count = credits.at === own?.at ? (credits.refunded ?? 0) - (own.refunded ?? 0) : 0;
  return count > 0 ? [{ type: 'CreditsRefunded', count }] : [];
}

/** Returns the ceiling of `other` if it is lower, or stays for longer (R25). */
const stricterCeiling = ({ learnt: own }: Account, { learnt }: Account): readonly Event[] =>
  learnt && (!own || learnt.cap < own.cap || learnt.until > own.until)
    ? [{ type: 'CapLearnt', learnt, reason: KEPT }]
    : [];

const KEPT = 'it held before the rows were read again';

/** Returns what a slot from another source adds to the account. */
export function liftSlot(account: Account, slot: Slot): readonly Event[] {
  const known = findSlot(account, slot.reservationId);
  if (known && RANK[known.state] >= RANK[slot.state]) return [];
  if (!known) return [{ type: 'SlotReserved', slot }, ...raised(account, slot)];
  return raised(account, withOutcome(known, slot));
}

/** Returns the known slot with the reported outcome; its quota day never changes (R4). */
function withOutcome(known: Slot, reported: Slot): Slot {
  const taken = { ...known, carriedInto: known.carriedInto ?? reported.carriedInto };
  if (reported.state === 'in_flight') return known;
  if (reported.state === 'delivered') {
    return deliveredSlot(taken, reported, reported.settledAt, reported.isAdopted);
  }
  return endedSlot(taken, reported.state, reported.settledAt, reported.reason);
}

/**
 * Returns the facts of a reconcile that still apply: messages that came during the reconcile win
 * (R8).
 */
export const applicable = (account: Account, events: readonly Event[]): readonly Event[] =>
  events.filter((event) => {
    if ('slot' in event) return isNewsOf(account, event);
    if (event.type === 'ExternalClaimed') {
      return events.some(
        (other) =>
          'slot' in other && isProvenBy(other.slot, event.proof) && isNewsOf(account, other),
      );
    }
    if (event.type === 'ExternalCounted') return !isCounted(account, event.external);
    if (event.type === 'ExternalRestored') {
      return account.externals.some((known) => isSameProof(known, event.external));
    }
    if (event.type === 'EffectApplied') {
      const { reservationId, kind } = event.effect;
      return !account.effects.some(
        (known) => known.reservationId === reservationId && known.kind === kind,
      );
    }
    return event.type !== 'Held' || account.hold === null;
  });

function isNewsOf(account: Account, event: Extract<Event, { slot: Slot }>): boolean {
  const known = findSlot(account, event.slot.reservationId);
  if (event.type === 'SlotReserved') return known === undefined;
  if (known === undefined) return event.type !== 'SlotRestored';
  if (event.type !== 'SlotRestored' && RANK[known.state] < RANK[event.slot.state]) return true;
  if (event.type === 'ProofCompleted') {
    // A report that came during the reconcile may have named the message for another slot (R4).
    const { slot } = event;
    const isTaken = account.slots.some(
      (one) => one !== known && slot.state === 'delivered' && isProvenBy(one, slot),
    );
    return !isTaken && isCompletedBy(known, slot);
  }
  // Rows that are written again: Postgres had lost one, or its log lacks a delivery.
  const isRewritten = event.type === 'SlotRestored' || event.type === 'SlotDelivered';
  return isRewritten && (isSameSlot(known, event.slot) || isGivenBack(known, event.slot));
}

/** True if the slot's message id was not known before. */
const isCompletedBy = (known: Slot, reported: Slot): boolean =>
  known.state === 'delivered' &&
  reported.state === 'delivered' &&
  known.messageId === null &&
  isSameId(known.chatId, reported.chatId);

/** True if the observed message id of the slot proved to be another reservation's (R4). */
const isGivenBack = (known: Slot, reported: Slot): boolean =>
  known.state === 'delivered' &&
  reported.state === 'delivered' &&
  known.isAdopted &&
  isSameId(known.chatId, reported.chatId) &&
  reported.messageId === null;

const isSameSlot = (one: Slot, other: Slot): boolean =>
  JSON.stringify(keptSlot(one)) === JSON.stringify(keptSlot(other));

/** A delivery claims the external send under which it was counted (R15). */
function raised({ externals }: Account, slot: Slot): readonly Event[] {
  if (slot.state === 'delivered') {
    const seen = externals.find((known) => isProvenBy(slot, known) || isMessageOf(slot, known));
    if (!seen) return [{ type: 'SlotDelivered', slot, source: 'pipeline' }];
    const whole = isProvenBy(slot, seen) ? slot : deliveredSlot(slot, seen, slot.settledAt, true);
    return [claim(slot, seen), { type: 'SlotDelivered', slot: whole, source: null }];
  }
  if (slot.state === 'released') return [{ type: 'SlotReleased', slot }];
  return slot.state === 'uncertain' ? [{ type: 'SlotMadeUncertain', slot }] : [];
}
