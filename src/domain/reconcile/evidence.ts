/**
 * What the rows of an account prove (R8, R13): reservations, the pipeline's journal and the event
 * log are joined by reservation, else by proof, and the highest state wins.
 */
import { findSlot, type Account, type Slot, type SlotRequest } from '../account/account.js';
import { deliveredSlot, endedSlot } from '../account/slot.js';
import { deliver, givenBack, isLent, whoHas } from '../commands/deliver.js';
import type { Event, Source } from '../account/events.js';
import { fail } from '../commands/fail.js';
import { EventCollector } from '../account/eventCollector.js';
import { CLOCK_SLACK_MS, LEASE_SECONDS_DEFAULT, REMEMBERED_DAYS } from '../primitives/limits.js';
import { isNamed } from '../gap/matching.js';
import { isSameId } from '../account/kept.js';
import { SlotIndex } from '../account/proof.js';
import type { EventRow } from '../records/records.js';
import type { Attempt, ReadBack } from '../records/snapshot.js';
import { SECOND_MS, startOf, type Instant, type UtcDay } from '../primitives/time.js';
import type { ChatId, MessageId, ReservationId } from '../primitives/ids.js';
import { isRefusal } from '../account/refusals.js';

/** Raises slots to the state that journal and event log prove, and adds sends without a grant. */
export function eventsFromEvidence(
  account: Account,
  found: Pick<ReadBack, 'events' | 'attempts'>,
  at: Instant,
): readonly Event[] {
  const facts = new EventCollector(account);
  for (const row of found.events) {
    if (row.reservationId === null) continue;
    facts.apply(provenBy(facts.view, row, row.reservationId, null));
  }
  for (const attempt of found.attempts) facts.apply(attempted(facts.view, attempt, at));
  const written = new Set(
    facts.events.flatMap((event) =>
      event.type === 'SlotDelivered' && event.source !== null ? [event.slot.reservationId] : [],
    ),
  );
  const logged = loggedIn(found.events, new SlotIndex(facts.view.slots));
  for (const slot of facts.view.slots) {
    if (slot.state !== 'delivered' || logged.has(slot) || written.has(slot.reservationId)) continue;
    facts.apply([{ type: 'SlotDelivered', slot, source: 'journal' }]);
  }
  return facts.events;
}

/** Returns the slots that a row of the log names or proves. */
function loggedIn(log: readonly EventRow[], slots: SlotIndex): ReadonlySet<Slot> {
  const logged = new Set<Slot>();
  for (const row of log) {
    for (const slot of slots.provenBy(row)) logged.add(slot);
    const named = slots.byId(row.reservationId);
    if (named && isNamed(named, row)) logged.add(named);
  }
  return logged;
}

type ProofRow = {
  readonly quotaDay: UtcDay;
  readonly at: Instant;
  readonly chatId: ChatId;
  readonly messageId: MessageId | null;
};

function provenBy(
  account: Account,
  row: EventRow,
  id: ReservationId,
  source: Source | null,
): readonly Event[] {
  const { quotaDay, deliveredAt, chatId, messageId } = row;
  const { owner } = whoHas(account, row);
  const isOthers = owner !== undefined && owner.reservationId !== id;
  if (isOthers && !isLent(owner, row)) return [];
  return [
    ...(isOthers ? [givenBack(owner)] : []),
    ...proven(account, id, { quotaDay, at: deliveredAt, chatId, messageId }, source),
  ];
}

function proven(
  account: Account,
  id: ReservationId,
  proof: ProofRow,
  source: Source | null,
): readonly Event[] {
  const known = findSlot(account, id);
  if (known?.state === 'delivered') return [];
  // The send was counted on its day, and forgotten since.
  if (!known && proof.quotaDay + REMEMBERED_DAYS < account.day) return [];
  const taken = known ?? ungrantedSlot(id, account.day, proof);
  const slot = deliveredSlot(taken, proof, proof.at);
  return known
    ? [{ type: 'SlotDelivered', slot, source }]
    : [
        { type: 'SlotReserved', slot },
        { type: 'SlotDelivered', slot, source },
      ];
}

/** Returns the slot of a send that was journaled or logged, but has no grant in the rows. */
const ungrantedSlot = (
  reservationId: ReservationId,
  today: UtcDay,
  seen: { readonly quotaDay: UtcDay; readonly at: Instant },
): SlotRequest => ({
  reservationId,
  quotaDay: Math.min(seen.quotaDay, today),
  reservedAt: seen.at,
  leaseExpiresAt: seen.at + LEASE_SECONDS_DEFAULT * SECOND_MS,
  campaignId: null,
  recipientId: null,
  journaled: true,
  // The send may be of today if its lease would have run past midnight (R7).
  carriedInto:
    seen.quotaDay < today && seen.at + LEASE_SECONDS_DEFAULT * SECOND_MS > startOf(today)
      ? today
      : null,
});

function attempted(account: Account, attempt: Attempt, at: Instant): readonly Event[] {
  const { reservationId, quotaDay, attemptedAt, outcome, chatId, messageId } = attempt;
  const known = findSlot(account, reservationId);
  // Its grant may be newer than the state of this reconcile: the next reconcile decides.
  if (!known && attemptedAt > at && attemptedAt <= at + CLOCK_SLACK_MS) return [];
  if (outcome === 'delivered' && chatId !== null) {
    if (known) return delivered(account, known, { ...attempt, chatId }, at);
    const { owner, isExternal } = whoHas(account, { chatId, messageId });
    // It was observed in its chat later, and counts as that send (R4).
    const isObserved = account.externals.some(
      (seen) => messageId === null && isSameId(seen.chatId, chatId) && seen.at >= attemptedAt,
    );
    if (isObserved) return [];
    const proof = { quotaDay, at: attemptedAt, chatId, messageId };
    return owner || isExternal ? [] : proven(account, reservationId, proof, 'journal');
  }
  if (outcome === 'void') return [];
  const kind = outcome === 'failed' ? attempt.errorCode : null;
  const isFailed = kind !== null && kind !== 'unknown';
  const told = isFailed ? fail(account, { reservationId, kind }, at).events : [];
  const effects = told.filter(({ type }) => type !== 'AlertRaised');
  if (known) return effects;
  const taken = ungrantedSlot(reservationId, account.day, { quotaDay, at: attemptedAt });
  const slot = endedSlot(
    taken,
    isFailed ? 'released' : 'uncertain',
    at,
    isFailed ? kind : 'attempted',
  );
  return [{ type: 'SlotReserved', slot }, ...effects];
}

/** Makes the slot delivered; a proof of another InMail makes it uncertain instead (R4, R6). */
function delivered(
  account: Account,
  slot: Slot,
  { chatId, messageId, attemptedAt }: Attempt & { readonly chatId: ChatId },
  at: Instant,
): readonly Event[] {
  // The slot is delivered with another chat, so this is one InMail more (R4).
  if (slot.state === 'delivered' && isSameId(slot.chatId, chatId)) return [];
  const { reservationId } = slot;
  const report = { reservationId, chatId, deliveredAt: attemptedAt };
  const { events, answer } = deliver(
    account,
    { ...report, messageId: messageId ?? undefined, source: 'journal' },
    at,
  );
  return isRefusal(answer) ? [] : events;
}
