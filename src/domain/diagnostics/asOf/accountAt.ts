/** An account as of an instant, rebuilt from its rows (R17). */
import type { Account, Slot } from '../../account/account.js';
import { entityOf, pass } from '../../entity/entity.js';
import type { Moment } from './nearbyEvents.js';
import { accountWith, bookWith } from '../../account/update.js';
import { evolveAll } from '../../account/evolve.js';
import { accountOfRows } from './accountFromRecords.js';
import { REMEMBERED_DAYS, WEEK_DAYS } from '../../primitives/limits.js';
import {
  rewound,
  SAVED_WITHIN_MS,
  stepsOf,
  type KeptRow,
  type Step,
  type FoundByRun,
} from './reservationTimeline.js';
import type { DayRow, EventRow } from '../../records/records.js';
import type { StoredAccount } from '../../records/snapshot.js';
import { dayOf, startOf, type Instant, type UtcDay } from '../../primitives/time.js';
import type { WindowIntervals } from '../../account/sendingWindow.js';
import { isProvenBy } from '../../account/proof.js';
import { slotOfRow } from '../../records/fromRecords.js';
import { eventsOf, type WrittenChange } from '../../records/changeLog.js';

export type LoggedRow = EventRow & {
  /** The number that the account gave it; null: another writer wrote the row. */
  readonly number: number | null;
  /** The save that first recorded an external send; null: not known. */
  readonly savedAt: Instant | null;
};
/** The rows that are read of an account for one instant. */
export type PastRows = {
  /** The row of the last save up to that instant, or else the first row that was kept. */
  readonly base: StoredAccount;
  /** Since when rows of the account are kept. */
  readonly keptSince: Instant;
  /** The newest save of the account. */
  readonly savedAt: Instant;
  /** When the rows were read, by the database's clock. */
  readonly readAt: Instant;
  /** Rows of the week before that instant, older ones then in flight, and overwritten ones. */
  readonly reservations: readonly KeptRow[];
  /** Oldest first. */
  readonly found: readonly FoundByRun[];
  readonly events: readonly LoggedRow[];
  readonly days: readonly DayRow[];
  /** Changes from the save of the base up to that instant, oldest first. */
  readonly changes: readonly WrittenChange[];
  /** The last successful reconcile up to that instant, and the reconcile after it. */
  readonly checkedAt: Instant | null;
  /** Since when heartbeats are kept; null: none was deleted (R28). */
  readonly runsSince?: Instant | null;
  readonly nextRunAt: Instant | null;
  readonly openings: WindowIntervals | null;
  /** Reconciles, corrections and changes around that instant. */
  readonly moments: readonly Moment[];
};

/** Returns the account as its workflow had it at that instant, as far as the rows show. */
export function accountAt(rows: PastRows, at: Instant): Account {
  const { base, changes, openings, checkedAt } = rows;
  const known = stepsOf(rows.reservations, rows.found);
  const today = dayOf(at);
  // If a midnight follows that save, the roll applies to the state at that midnight.
  const isRolled = base.day < today;
  const asOf = isRolled ? startOf(today) - 1 : at;
  const begun = begin(rows, known, asOf);
  const changed = changes.reduce((before, change) => {
    const then = pass(entityOf(before, base.owner, base.version), change.at).account;
    return evolveAll(then, eventsOf(change, then));
  }, begun);
  const rolled = pass(entityOf(changed, base.owner, base.version), at).account;
  const slots = isRolled ? slotsAt(rolled, known, at) : rolled.slots;
  const account = accountWith(rolled, { slots, openings, reconciledAt: checkedAt });
  return withBook(account, rows, at);
}

/** Returns the account as of the base's save, with the slots as they were at `asOf`. */
function begin(rows: PastRows, known: readonly (readonly Step[])[], asOf: Instant): Account {
  const { base } = rows;
  const day = base.day;
  const all = rewound(known, asOf, day);
  const isForgotten = (row: (typeof all)[number]): boolean =>
    row.state !== 'in_flight' && row.quotaDay + REMEMBERED_DAYS < day;
  const forgotten = all.filter(isForgotten);
  const days: DayRow[] = [];
  for (let past = day - WEEK_DAYS + 1; past < day; past += 1) {
    const row = rows.days.find(({ quotaDay }) => quotaDay === past) ?? emptyRow(past);
    const mine = forgotten.filter(({ quotaDay }) => quotaDay === past);
    const count = (state: string): number => mine.filter((one) => one.state === state).length;
    days.push({ ...row, delivered: count('delivered'), uncertain: count('uncertain') });
  }
  const reservations = all.filter((row) => !isForgotten(row));
  const events = rows.events.filter((row) => knownAt(row) <= asOf);
  const context = { checkedAt: rows.checkedAt, openings: rows.openings };
  const rowsThen = { account: base, reservations, events, days };
  // Not every save of a balance is kept: the breaker that it opened is.
  return accountWith(accountOfRows(rowsThen, context, base.updatedAt), { credits: null });
}

const emptyRow = (quotaDay: UtcDay): DayRow => ({
  table: 'account_days',
  quotaDay,
  counter: 0,
  delivered: 0,
  uncertain: 0,
  external: 0,
  imported: 0,
  unexplained: 0,
  denials: {},
  late: 0,
});

/** Returns the slots at that instant after a roll, carried as the roll carried them. */
function slotsAt(
  rolled: Account,
  known: readonly (readonly Step[])[],
  at: Instant,
): readonly Slot[] {
  return rewound(known, at, rolled.day)
    .map(slotOfRow)
    .filter((slot) => slot.state === 'in_flight' || slot.quotaDay + REMEMBERED_DAYS >= rolled.day)
    .map((slot) => {
      const old = rolled.slots.find(
        ({ reservationId, quotaDay }) =>
          reservationId === slot.reservationId && quotaDay === slot.quotaDay,
      );
      return { ...slot, carriedInto: slot.carriedInto ?? old?.carriedInto ?? null };
    });
}

/** Returns when a send became known: at its save, if this came over 15 s after the delivery. */
const knownAt = ({ deliveredAt, savedAt }: LoggedRow): Instant =>
  savedAt !== null && savedAt - deliveredAt > SAVED_WITHIN_MS ? savedAt : deliveredAt;

/** Adds what came after the save to the day: external sends, claims, a reconcile's correction. */
function withBook(account: Account, rows: PastRows, at: Instant): Account {
  const { base, events, checkedAt } = rows;
  const isCorrected = checkedAt !== null && checkedAt >= base.updatedAt;
  const mine = events.filter(
    (row) => row.reservationId === null && row.isCounted && row.quotaDay === account.day,
  );
  const added = mine.filter(
    (row) => row.number !== null && row.number > base.version && knownAt(row) <= at,
  );
  const claimed = mine.filter((row) => {
    const slot = account.slots.find((one) => one.quotaDay === account.day && isProvenBy(one, row));
    const isSince = slot?.state === 'delivered' && slot.settledAt > base.updatedAt;
    return isSince && (added.includes(row) || (row.number ?? 0) <= base.version);
  });
  const days = account.days.map((book) =>
    book.day === account.day
      ? bookWith(book, {
          external: Math.max(0, book.external + added.length - claimed.length),
          unexplained: isCorrected ? 0 : book.unexplained,
        })
      : book,
  );
  return accountWith(account, { days });
}
