/**
 * The numbers of an account as a page shows them: of one account from the one status reader, in a
 * list from its row. No page computes a part of the counter; `unexplained` is what nothing accounts
 * for, and not each difference between the counter and the event log.
 */
import { isAboveDriftMax } from '../../../domain/account/counter.js';
import {
  parseDay,
  parseInstant,
  startOf,
  type Instant,
  type UtcDay,
} from '../../../domain/primitives/time.js';
import type { StatusWire } from '../../../domain/wire/responses.js';
import { capsOf, type StatusRow } from '../../../postgres/read/reads.js';
import type { StatusRead } from '../../../status/readStatus.js';

export type Numbers = Omit<StatusRow, 'caps' | 'cooldown' | 'version' | 'updatedAt'> & {
  readonly caps: StatusWire['caps'];
  readonly cooldown: { readonly until: Instant; readonly cause: string } | null;
  /** Null for a cold account, which the fleet audit checks. */
  readonly nextCheckAt: Instant | null;
  /** Rows of the event log of that day, with the external ones. */
  readonly logged: number;
  readonly asOf: Instant;
  /** Null in a list, too. */
  readonly fullCapOn: string | null;
  /** Null in a list, too. */
  readonly learnt: StatusWire['learnt'];
};

/** Returns the numbers of an account's row, for a list. */
export function numbersOfRow(row: StatusRow, at: Instant): Numbers {
  return {
    ...row,
    caps: capsOf(row),
    logged: row.delivered + row.external,
    nextCheckAt: null,
    asOf: at,
    fullCapOn: null,
    learnt: null,
  };
}

/** Returns the numbers of a status, which comes from the workflow or from the rows. */
export function numbersOfStatus({ asOf, quotaDay, ...status }: StatusWire): Numbers {
  const { cooldown, hold, breakerUntil, lastReconciledAt, nextReconcileAt } = status;
  const logged = status.delivered + status.external;
  return {
    ...status,
    day: dayIn(quotaDay),
    cooldown: cooldown && { until: instantIn(cooldown.until), cause: cooldown.cause },
    hold: hold && { ...hold, since: instantIn(hold.since) },
    breakerUntil: instantOrNull(breakerUntil),
    lastCheckedAt: instantOrNull(lastReconciledAt),
    nextCheckAt: instantOrNull(nextReconcileAt),
    logged,
    drift: status.counter - logged - status.imported,
    asOf: instantIn(asOf),
    edited: null,
  };
}

/** Returns the numbers of the status reader, which also has the event log and a manual edit. */
export function numbersOfRead({ unsaved, ...read }: StatusRead): Numbers {
  const { eventLog, edited, lastCheckedAt } = read;
  const numbers = numbersOfStatus({ ...read, unsaved: unsaved ?? 0 });
  return {
    ...numbers,
    edited,
    lastCheckedAt: instantOrNull(lastCheckedAt),
    logged: eventLog ? eventLog.delivered + eventLog.external : numbers.logged,
    drift: eventLog?.drift ?? numbers.drift,
  };
}

/** True if a page marks the drift: it raises an alert, or the log has more than was counted. */
export const isDriftMarked = (drift: number): boolean => drift < 0 || isAboveDriftMax(drift);

/** Returns when time changes these numbers: a cooldown, a window or the day ends. */
export function nextEdge({
  cooldown,
  breakerUntil,
  day,
  canSend: { notBefore, until },
}: Pick<Numbers, 'cooldown' | 'breakerUntil' | 'day' | 'canSend'>): Instant {
  const sending = [notBefore, until].map((text) => instantOrNull(text) ?? Infinity);
  const pauses = [cooldown?.until ?? Infinity, breakerUntil ?? Infinity];
  return Math.min(...pauses, ...sending, startOf(day + 1));
}

/** Reads an instant of a status that may have none. */
export const instantOrNull = (text: string | null): Instant | null =>
  text === null ? null : instantIn(text);

/** Reads an instant of a status. */
export function instantIn(text: string): Instant {
  const at = parseInstant(text);
  if (at === undefined) throw new Error(`a status has the time "${text}"`);
  return at;
}
/** Reads a day of a status. */
export function dayIn(text: string): UtcDay {
  const day = parseDay(text);
  if (day === undefined) throw new Error(`a status has the day "${text}"`);
  return day;
}
