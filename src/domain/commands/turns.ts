/** The waiting line is served (R21): an ask has its turn, its time ends, or it is withdrawn. */
import { findSlot, GRANTED, type Account, type Slot, type WaitingAsk } from '../account/account.js';
import { EventCollector } from '../account/eventCollector.js';
import type { Event } from '../account/events.js';
import { refuse, type Command, type Decided } from '../account/refusals.js';
import { reservedSlot, type Reserve } from '../account/slot.js';
import { earliestGrant } from '../days/forecast.js';
import { barrierAt } from '../gate/gate.js';
import { findAsk, hasFree, turnsOf, waitingOf } from '../gate/line.js';
import { contactsOf } from '../gate/recipient.js';
import type { ReservationId } from '../primitives/ids.js';
import type { Instant } from '../primitives/time.js';
import { marked } from './reserve.js';

/**
 * Decides all asks whose turn has come, or whose time has ended. Each grant is decided as for an
 * ask that comes now. A disconnected account denies all of them; a held account lets them wait.
 */
export const serve: Command<null, null> = (account, _, at) => {
  const facts = new EventCollector(account);
  for (const ask of waitingOf(account)) {
    const decided = endOf(facts.view, ask, at);
    if (decided !== undefined) facts.apply([{ type: 'AskDecided', ask: { ...ask, decided } }]);
  }
  const free = hasFree(facts.view);
  const turns = turnsOf(facts.view);
  for (let turn = turns.next(); turn.done !== true;) {
    if (barrierAt(facts.view, at, { free })) break;
    const ask = turn.value;
    const decided = turnOf(facts.view, ask, at);
    if (decided === GRANTED) {
      const request = requestOf(ask);
      const slot = reservedSlot(facts.view, request, at);
      facts.apply([{ type: 'SlotReserved', slot, ...marked(request) }]);
    }
    if (decided !== undefined) facts.apply([{ type: 'AskDecided', ask: { ...ask, decided } }]);
    turn = turns.next(decided === GRANTED);
  }
  return { events: facts.events, answer: null };
};

/** Returns the decision of an ask that no longer waits, whatever the gate decides. */
function endOf(account: Account, ask: WaitingAsk, at: Instant): string | undefined {
  const slot = findSlot(account, ask.reservationId);
  // A workflow task that was lost, or a run that was terminated, has granted it.
  if (slot) return isPromised(slot) ? GRANTED : 'expired';
  if (account.isDisconnected) return 'disconnected';
  return ask.validUntil <= at ? 'expired' : undefined;
}
const isPromised = ({ state }: Slot): boolean => state === 'in_flight';

/**
 * Returns the decision of an ask whose turn has come. Its recipient may have been contacted since
 * it came, or its campaign is full: then it is denied, or waits on while others pass (R20, R22).
 * Undefined: it waits on.
 */
function turnOf(account: Account, ask: WaitingAsk, at: Instant): string | undefined {
  const asked = askedOf(account, ask);
  const barrier = barrierAt(account, at, asked);
  if (!barrier) return GRANTED;
  // Only free asks pass while the credits are used up.
  if (barrier.reason === 'no_credits') return undefined;
  const passes = earliestGrant(account, at, asked);
  return passes === null || passes >= ask.validUntil ? barrier.reason : undefined;
}

/** Returns what the gate reads of an ask: its campaign may have a cap of its own (R22). */
const askedOf = (account: Account, { campaignId, recipientId, again, free }: WaitingAsk) => ({
  campaignId,
  free,
  contacts: contactsOf(account, { recipientId: recipientId ?? undefined, again }),
});

const requestOf = (ask: WaitingAsk): Reserve => ({
  reservationId: ask.reservationId,
  campaignId: ask.campaignId ?? undefined,
  recipientId: ask.recipientId ?? undefined,
  leaseSeconds: ask.leaseSeconds,
  journaled: ask.journaled,
  again: ask.again,
  free: ask.free,
});

/** Returns when the line has to be served next; null: not before a message comes. */
export function nextTurn(account: Account, at: Instant): Instant | null {
  const waiting = waitingOf(account);
  if (waiting.length === 0) return null;
  const ends = waiting.map(({ validUntil }) => validUntil);
  const free = hasFree(account);
  const passes = earliestGrant(account, at, { free }) ?? Infinity;
  if (passes > at) return Math.min(...ends, passes);
  const barrier = barrierAt(account, at, { free });
  // Only the check of the database is missing: it is tried soon.
  if (barrier?.reason === 'unverified') return Math.min(...ends, barrier.until ?? Infinity);
  // The gate is open, so only recipients and campaigns of these asks keep them waiting.
  const turns = waiting.map((ask) => earliestGrant(account, at, askedOf(account, ask)));
  return Math.min(...ends, ...turns.map((turn) => turn ?? Infinity));
}

export type Withdrawn = { readonly withdrawn: true; readonly reservationId: ReservationId };

/** Takes an ask out of the line. A granted slot stays: its caller reports `not_attempted`. */
export function withdraw(
  account: Account,
  { reservationId }: { readonly reservationId: ReservationId },
): Decided<Withdrawn> {
  const ask = findAsk(account, reservationId);
  if (ask?.decided === null) {
    const events: readonly Event[] = [{ type: 'AskWithdrawn', ask }];
    return { events, answer: { withdrawn: true, reservationId } };
  }
  const name = `reservation ${reservationId}`;
  if (ask?.decided === GRANTED || findSlot(account, reservationId)) {
    return refuse(
      'ReservationSettled',
      `${name} is granted: report sendFailed with kind not_attempted to give its slot back`,
    );
  }
  return refuse('ReservationUnknown', `${name} does not wait here`);
}
