/**
 * An account with more rows than it may have (R8): work and state have limits, whatever a caller
 * or a manual edit wrote. Such an account is held, nothing is granted, and an alert follows.
 */
import { bookOf, type Account, type Slot } from '../account/account.js';
import type { AlertKind, Severity } from '../account/alertKinds.js';
import type { Event } from '../account/events.js';
import { keptRecipient, remembered } from '../account/kept.js';
import { bytesOf } from '../primitives/bytes.js';
import {
  EXTERNAL_ROWS_MAX,
  EXTERNALS_MAX,
  RUN_FACTS_BYTES_MAX,
  SLOTS_MAX,
} from '../primitives/limits.js';
import { SlotIndex } from '../account/proof.js';
import type { EventRow, ReservationRow } from '../records/records.js';
import type { Verdict } from './reconcile.js';
import type { Crowd, LeftOut, ReadBack, Evidence } from '../records/snapshot.js';
import { isoDay, type Instant } from '../primitives/time.js';
import { counterOf, tallyOf } from '../account/counter.js';
import { slotOfRow } from '../records/fromRecords.js';

/** Maximum rows that are read of each table: one more than an account may have. */
export const ROWS_READ = {
  reservations: SLOTS_MAX + 1,
  send_attempts: SLOTS_MAX + 1,
  inmail_events: EXTERNAL_ROWS_MAX + SLOTS_MAX + 1,
} as const;

/** Returns the table that has too many rows, or names too many reservations; else null. */
export function crowdIn({ reservations, attempts, events }: Evidence): Crowd | null {
  if (reservations.length > SLOTS_MAX) {
    return { table: 'reservations', rows: reservations.length, limit: SLOTS_MAX };
  }
  const known = new Set<string>(reservations.map((row) => row.reservationId));
  for (const attempt of attempts) known.add(attempt.reservationId);
  if (known.size > SLOTS_MAX) {
    return { table: 'send_attempts', rows: attempts.length, limit: SLOTS_MAX };
  }
  for (const { reservationId } of events) if (reservationId !== null) known.add(reservationId);
  const isCrowded = known.size > SLOTS_MAX || events.length >= ROWS_READ.inmail_events;
  const limit = known.size > SLOTS_MAX ? SLOTS_MAX : ROWS_READ.inmail_events - 1;
  return isCrowded ? { table: 'inmail_events', rows: events.length, limit } : null;
}

/** The verdict of a reconcile on an account with too many rows. */
export type CrowdVerdict = Omit<Verdict, 'alerts'> & {
  readonly alerts: readonly {
    readonly kind: AlertKind;
    readonly severity: Severity;
    readonly details: Crowd & { readonly day: string; readonly message: string };
  }[];
};

/** Returns the verdict if its facts fit one answer of an activity; else that of a held account. */
export function fitting(account: Account, verdict: Verdict, at: Instant): Verdict | CrowdVerdict {
  const bytes = bytesOf(verdict.events);
  if (bytes <= RUN_FACTS_BYTES_MAX) return verdict;
  const table = 'reservations';
  return crowded(account, { table, rows: bytes, limit: RUN_FACTS_BYTES_MAX, unit: 'bytes' }, at);
}

/** Holds the account; the reconcile has not succeeded. */
export function crowded(account: Account, crowd: Crowd, at: Instant): CrowdVerdict {
  const { table, rows, limit, unit } = crowd;
  const counter = counterOf(account, account.day);
  const tally = tallyOf(account, account.day);
  const news = `${rows} bytes in rows that the account does not know`;
  const excess =
    unit === 'bytes'
      ? `${table} has ${news}, and ${limit} is the most that one reconcile takes.`
      : `${table} has ${rows} rows of this account for the days that are remembered, and` +
        ` an account may have at most ${limit}.`;
  const message =
    `${excess} Nothing is granted. Find out which program wrote them, stop it,` +
    ' remove what is no send of this account, and resume the account.';
  const found = unit === 'bytes' ? news : String(rows);
  const reason = `too many rows: ${table} has ${found}, and ${limit} is the most`;
  const held: Event = { type: 'Held', hold: { reason, actor: 'safeband', since: at } };
  const day = {
    day: account.day,
    before: counter,
    after: counter,
    delivered: tally.delivered,
    external: bookOf(account, account.day).external,
    drift: 0,
    parts: [],
    sentences: () => [message],
    isHealed: false,
  };
  return {
    events: [...(account.hold ? [] : [held]), { type: 'ReconcileFailed', at, isCrowded: true }],
    alerts: [
      {
        kind: 'too_many_rows',
        severity: 'critical',
        details: { day: isoDay(account.day), ...crowd, message },
      },
    ],
    days: [day],
    inFlight: tally.inFlight,
    uncertain: tally.uncertain,
    cooled: false,
  };
}

/**
 * Returns the rows for a start: at most as many as the account may have, and only those external
 * sends that are remembered one by one. The others are counted by day.
 */
export function condensed(found: ReadBack): ReadBack {
  const crowd = found.crowd ?? null;
  const reservations = found.reservations.slice(-SLOTS_MAX).map(shortened);
  const ids = new Set<string>(reservations.map((row) => row.reservationId));
  const isKnown = (id: string | null): boolean => id === null || crowd === null || ids.has(id);
  const attempts = found.attempts.filter(({ reservationId }) => isKnown(reservationId));
  const index = new SlotIndex(reservations.map(slotOfRow));
  const events = onceEach(
    found.events.filter(({ reservationId }) => isKnown(reservationId)),
    index,
  );
  const isLone = (row: EventRow): boolean =>
    row.reservationId === null && index.provenBy(row).length === 0;
  const lone = events.filter(isLone);
  if (lone.length <= EXTERNALS_MAX) return { ...found, reservations, attempts, events };
  const kept = new Set(remembered(lone));
  const left = new Set(lone.filter((row) => !kept.has(row)));
  const rest = events.filter((row) => !left.has(row));
  return { ...found, reservations, attempts, events: rest, leftOut: byDay([...left]) };
}

/** Returns the row with the recipient as an account keeps it. */
function shortened(row: ReservationRow): ReservationRow {
  const recipientId = row.recipientId && keptRecipient(row.recipientId);
  return recipientId === row.recipientId ? row : { ...row, recipientId };
}

/** Returns only the first of the rows without a reservation that prove the same slot. */
function onceEach(events: readonly EventRow[], index: SlotIndex): readonly EventRow[] {
  const proven = new Set<Slot>();
  return events.filter((row) => {
    const [slot] = row.reservationId === null ? index.provenBy(row) : [];
    if (!slot) return true;
    const isNew = !proven.has(slot);
    proven.add(slot);
    return isNew;
  });
}

function byDay(rows: readonly EventRow[]): readonly LeftOut[] {
  const days = new Map<number, { rows: number; counted: number }>();
  for (const { quotaDay, isCounted } of rows) {
    const day = days.get(quotaDay) ?? { rows: 0, counted: 0 };
    days.set(quotaDay, { rows: day.rows + 1, counted: day.counted + Number(isCounted) });
  }
  return [...days].map(([quotaDay, day]) => ({ quotaDay, ...day }));
}
