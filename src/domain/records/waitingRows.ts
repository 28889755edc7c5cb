/** The rows of the waiting line (R21). */
import { GRANTED, type WaitingAsk } from '../account/account.js';
import type { Event } from '../account/events.js';
import type { WaitingRow } from './records.js';
import type { Instant } from '../primitives/time.js';

/** Returns the row of an ask that waits, or that was withdrawn. */
const waitingRow = (
  ask: WaitingAsk,
  state: WaitingRow['state'],
  decidedAt: Instant | null,
): WaitingRow => ({
  table: 'waiting',
  reservationId: ask.reservationId,
  state,
  campaignId: ask.campaignId,
  recipientId: ask.recipientId,
  leaseSeconds: ask.leaseSeconds,
  journaled: ask.journaled,
  again: ask.again,
  ...(ask.free === true ? { free: true as const } : {}),
  priority: ask.priority,
  validUntil: ask.validUntil,
  askedAt: ask.askedAt,
  reason: ask.reason,
  replyTo: ask.replyTo,
  decidedAt,
});

/** Returns the row of an ask that has its decision. */
const decidedRow = (ask: WaitingAsk, at: Instant): WaitingRow =>
  ask.decided === null || ask.decided === GRANTED
    ? waitingRow(ask, 'granted', at)
    : waitingRow({ ...ask, reason: ask.decided }, 'denied', at);

type AskEvent = Extract<Event, { type: 'AskQueued' | 'AskDecided' | 'AskWithdrawn' }>;

/** Returns the row that follows from a fact about an ask. */
export function rowOfAsk({ type, ask }: AskEvent, at: Instant): WaitingRow {
  if (type === 'AskQueued') return waitingRow(ask, 'waiting', null);
  return type === 'AskDecided' ? decidedRow(ask, at) : waitingRow(ask, 'withdrawn', at);
}

/** Returns the ask of a row: a granted one may have had no answer yet. */
export const askOfRow = (row: WaitingRow): WaitingAsk => ({
  reservationId: row.reservationId,
  campaignId: row.campaignId,
  recipientId: row.recipientId,
  leaseSeconds: row.leaseSeconds,
  journaled: row.journaled,
  again: row.again,
  ...(row.free === true ? { free: true as const } : {}),
  priority: row.priority,
  validUntil: row.validUntil,
  askedAt: row.askedAt,
  reason: row.reason,
  replyTo: row.replyTo,
  decided: row.state === 'waiting' ? null : row.state === 'granted' ? GRANTED : row.reason,
});
