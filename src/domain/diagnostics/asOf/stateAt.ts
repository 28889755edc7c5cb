/**
 * "What did the gate see at 14:03:07?" (R17): an account as of an instant, rebuilt from its rows.
 * The base is the last row that was saved before that instant. Slots, changes and reconciles have
 * exact times of their own and are added to it. docs/history.md lists what is exact.
 */
import { nearbyEvents, type NearbyEvent } from './nearbyEvents.js';
import { HISTORY_DAYS } from '../../primitives/limits.js';
import { SAVED_WITHIN_MS, stepsOf } from './reservationTimeline.js';
import { DAY_MS, isoInstant, type Instant } from '../../primitives/time.js';
import { statusWire, type StatusWire } from '../../wire/responses.js';
import { accountAt, type PastRows } from './accountAt.js';
import { peekWire, type PeekWire } from '../../wire/decisions.js';

/** Plain JSON: the contract's instants and days as text. */
export type StateAt = {
  readonly accountId: string;
  readonly at: string;
  /** The answer of the query `status` at that instant. */
  readonly status: StatusWire;
  /** The answer of the query `peek` at that instant: the decision of a reserve. */
  readonly decision: PeekWire;
  /** The save of the base. */
  readonly standsOn: string;
  readonly isExact: boolean;
  /** What is not exact, and why; empty if everything is. */
  readonly notes: readonly string[];
  /** The last events before that instant and the next events after it, in order of time. */
  readonly before: readonly NearbyEvent[];
  readonly after: readonly NearbyEvent[];
};

export function stateOfRows(rows: PastRows, at: Instant): StateAt {
  const account = accountAt(rows, at);
  const { base, nextRunAt } = rows;
  const notes = notesOf(rows, at);
  const context = { version: base.version, unsaved: 0, nextRunAt };
  return {
    accountId: base.accountId,
    at: isoInstant(at),
    status: { ...statusWire(account, at, context), denials: null },
    decision: peekWire(account, at, false),
    standsOn: isoInstant(base.updatedAt),
    isExact: notes.length === 0,
    notes,
    ...nearbyEvents(stepsOf(rows.reservations, rows.found), rows.events, rows.moments, at),
  };
}

/** Returns what is not exact at that instant, and why. */
function notesOf(rows: PastRows, at: Instant): readonly string[] {
  const { keptSince, savedAt, readAt, runsSince = null } = rows;
  return [
    ...(at < keptSince
      ? [
          `The rows of the account are kept since ${isoInstant(keptSince)}. Its caps, ramp and` +
            ' stops are shown as they were at that time.',
        ]
      : []),
    ...(at > savedAt && at > readAt - SAVED_WITHIN_MS
      ? [
          `The account was last saved at ${isoInstant(savedAt)}. Changes of the last 15 s before` +
            ' the rows were read may be missing.',
        ]
      : []),
    ...(at < readAt - HISTORY_DAYS * DAY_MS
      ? [
          `Overwritten rows are kept for ${HISTORY_DAYS} days. Rows that were overwritten earlier` +
            ' may be shown as they became later.',
        ]
      : []),
    ...(runsSince !== null && at < runsSince
      ? [
          `Heartbeats are kept since ${isoInstant(runsSince)}. The account is shown as if it was` +
            ' reconciled at that instant.',
        ]
      : []),
  ];
}
