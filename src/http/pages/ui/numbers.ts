/**
 * The numbers of an account as a page shows them, from the workflow's own answer or from its row
 * where Temporal does not answer. Conservation holds in each: what nothing accounts for, a hand
 * edit too, is `unexplained`.
 */
import {
  parseDay,
  parseInstant,
  startOf,
  type Instant,
  type UtcDay,
} from '../../../domain/primitives/time.js';
import type { StatusWire } from '../../../domain/wire/responses.js';
import { capsOf, type StatusRow } from '../../../postgres/read/reads.js';

export type Numbers = Omit<StatusRow, 'caps' | 'cooldown' | 'version' | 'updatedAt'> & {
  readonly caps: StatusWire['caps'];
  readonly cooldown: { readonly until: Instant; readonly cause: string } | null;
  /** Null: cold, the audit of the fleet looks after it. */
  readonly nextCheckAt: Instant | null;
  /** Rows of the event log of that day, with the external ones. */
  readonly logged: number;
  readonly asOf: Instant;
  /** What the workflow itself says, where its row says another number: a hand has edited it. */
  readonly edited: { readonly row: number; readonly workflow: number } | null;
};

/** From the account's row alone. */
export function numbersOfRow(row: StatusRow, at: Instant): Numbers {
  const known = row.inFlight + row.uncertain + row.delivered + row.external + row.imported;
  return {
    ...row,
    caps: capsOf(row),
    unexplained: row.counter - known,
    logged: row.delivered + row.external,
    nextCheckAt: null,
    asOf: at,
    edited: null,
  };
}

/** From the workflow's answer; the row says what the event log has. */
export function numbersOfStatus(status: StatusWire, row: StatusRow | undefined): Numbers {
  const day = dayIn(status.quotaDay);
  const { asOf, quotaDay: _, cooldown, hold, ...same } = status;
  const isSameDay = row?.day === day;
  // A row that is behind the workflow says nothing; one of the same version was edited.
  const isEdited =
    row !== undefined && isSameDay && status.unsaved === 0 && row.version === status.version;
  const rowCounter = isEdited ? row.counter : status.counter;
  const stood = Math.max(status.counter, rowCounter);
  const logged = isSameDay ? row.delivered + row.external : status.delivered + status.external;
  return {
    ...same,
    day,
    counter: stood,
    unexplained: status.unexplained + stood - status.counter,
    remaining: Math.max(0, status.remaining - (stood - status.counter)),
    cooldown: cooldown && { until: instantIn(cooldown.until), cause: cooldown.cause },
    hold: hold && { ...hold, since: instantIn(hold.since) },
    breakerUntil: status.breakerUntil === null ? null : instantIn(status.breakerUntil),
    lastCheckedAt: latest(
      status.lastReconciledAt === null ? null : instantIn(status.lastReconciledAt),
      row?.lastCheckedAt ?? null,
    ),
    nextCheckAt: status.nextReconcileAt === null ? null : instantIn(status.nextReconcileAt),
    logged,
    drift: stood - logged - status.imported,
    asOf: instantIn(asOf),
    edited: rowCounter === status.counter ? null : { row: rowCounter, workflow: status.counter },
  };
}

/** The next instant at which these numbers are over by themselves: a cooldown's end, midnight. */
export function nextEdge({
  cooldown,
  breakerUntil,
  day,
}: Pick<Numbers, 'cooldown' | 'breakerUntil' | 'day'>): Instant {
  return Math.min(cooldown?.until ?? Infinity, breakerUntil ?? Infinity, startOf(day + 1));
}

const latest = (one: Instant | null, other: Instant | null): Instant | null =>
  one === null ? other : other === null ? one : Math.max(one, other);

function instantIn(text: string): Instant {
  const at = parseInstant(text);
  if (at === undefined) throw new Error(`a status tells a time as "${text}"`);
  return at;
}
function dayIn(text: string): UtcDay {
  const day = parseDay(text);
  if (day === undefined) throw new Error(`a status tells a day as "${text}"`);
  return day;
}
