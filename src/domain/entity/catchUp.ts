/**
 * A workflow task that is lost after its save was committed leaves rows that are newer than the
 * workflow (R14). The repeated task has already answered its callers, so its own state is the base.
 * What the rows have more is added, so that no slot, delivery or stop is lost.
 */
import type { Account, Slot } from '../account/account.js';
import { record, entityWith, type Entity } from './entity.js';
import { accountWith } from '../account/update.js';
import { withForgotten } from '../account/kept.js';
import { roomOf } from '../gate/caps.js';
import { EventCollector } from '../account/eventCollector.js';
import type { Event } from '../account/events.js';
import { dayRow } from '../records/toRecords.js';
import { unknownRows } from './lookup.js';
import { applicable, merged, liftSlot } from '../reconcile/merge.js';
import type { AlertRow, ChangeRow, Entry } from '../records/records.js';
import { endedSlot } from '../account/slot.js';
import type { Later, ReadBack, StoredAccount } from '../records/snapshot.js';
import { REMEMBERED_DAYS } from '../primitives/limits.js';
import { dayOf } from '../primitives/time.js';
import { isRowOf } from '../records/fromRecords.js';
import { bareAccount } from './bareAccount.js';
import { asksOf } from './handedOver.js';
import { waitingOf } from '../gate/line.js';

/**
 * Returns the entity with all that its rows have more. Its unsaved rows get numbers above those in
 * Postgres, because the lost task used the same numbers for other content.
 */
export function caughtUp(own: Entity, found: ReadBack, stored: StoredAccount): Entity {
  const base = Math.max(own.version, stored.version, found.highestNumber);
  const news = own.outbox.flatMap((entry) => unwritten(entry, found.later));
  const outbox = news.map(({ row }, i) => ({ number: base + i + 1, row }));
  const { accountId, isDisconnected } = own.account;
  const events = unknownRows(own, found.events);
  const start = { accountId, connect: !isDisconnected };
  const rows = bareAccount(start, { ...found, events }, stored.day);
  const renumbered = entityWith(own, {
    account: withForgotten(own.account, rows),
    outbox,
    version: base + outbox.length,
    writes: Math.max(own.writes ?? 0, found.lastWrite ?? 0),
    answered: found.lastWrite ?? 0,
    sent: base,
  });
  const facts = factsOf(own, found, rows);
  // Its caller may not ask again: the ask waits like all others, or its time ends.
  const after = record(renumbered, [...facts, ...asksOf(own.account, waitingOf(rows))]);
  const whole = record(after, restored(after, found));
  return entityWith(whole, { outbox: whole.outbox.flatMap((entry) => unsaid(entry, found.later)) });
}

function factsOf(own: Entity, found: ReadBack, rows: Account): readonly Event[] {
  const facts = new EventCollector(own.account);
  const slots = rows.slots.filter((slot) => isRemembered(slot, own.account));
  const externals = rows.externals.filter(
    ({ at }) => dayOf(at) + REMEMBERED_DAYS >= own.account.day,
  );
  for (const slot of slots) facts.apply(liftSlot(facts.view, fitting(facts.view, slot)));
  const { lastRun } = found;
  if (lastRun && lastRun.number > (own.answered ?? 0)) {
    facts.apply(applicable(facts.view, lastRun.answer.events));
  }
  facts.apply(merged(facts.view, accountWith(rows, { slots, externals })));
  return facts.events;
}

/** True while midnights keep the slot: the lost task may be of an earlier day. */
const isRemembered = ({ state, quotaDay }: Slot, { day }: Account): boolean =>
  state === 'in_flight' || quotaDay + REMEMBERED_DAYS >= day;

/**
 * Keeps a slot that the lost task granted: its caller got no answer and asks again. If the repeated
 * task granted the room to others, the slot stays spent, and its caller may not send.
 */
function fitting(account: Account, slot: Slot): Slot {
  const isKnown = account.slots.some(({ reservationId }) => reservationId === slot.reservationId);
  if (isKnown || slot.state !== 'in_flight') return slot;
  // A slot granted before a midnight that has passed may land today (R7).
  const { day } = account;
  const taken = slot.quotaDay < day ? { ...slot, carriedInto: day } : slot;
  const { remaining } = roomOf(account);
  return remaining > 0 ? taken : endedSlot(taken, 'uncertain', account.now, 'read_back');
}

/** Returns rows that differ from the account and that no waiting row would correct. */
function restored({ account, outbox }: Entity, found: ReadBack): readonly Event[] {
  const isWaiting = (id: string): boolean =>
    outbox.some(({ row }) => row.table === 'reservations' && row.reservationId === id);
  const slots = account.slots
    .filter(({ reservationId }) => !isWaiting(reservationId))
    .filter((slot) => !found.reservations.some((row) => isRowOf(slot, row)))
    .map((slot): Event => ({ type: 'SlotRestored', slot }));
  const days = found.days
    .filter(({ quotaDay }) => account.days.some(({ day }) => day === quotaDay))
    .filter((row) => row.quotaDay < account.day)
    .filter((row) => !isSame(dayRow(account, row.quotaDay), row))
    .map(({ quotaDay: day }): Event => ({
      type: 'BookCorrected',
      day,
      external: 0,
      unexplained: 0,
    }));
  return [...slots, ...days];
}

/** True if both are equal; Postgres may return the fields in another order. */
const isSame = (one: unknown, other: unknown): boolean => sorted(one) === sorted(other);
const sorted = (value: unknown): string =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? JSON.stringify(value)
    : JSON.stringify(
        Object.entries(value)
          .map(([key, one]) => [key, sorted(one)])
          .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
      );
const isAlertOf = (row: AlertRow, one: Later['alerts'][number]): boolean =>
  one.kind === row.kind && one.quotaDay === row.quotaDay;
const isChangeOf = (row: ChangeRow, one: Later['changes'][number]): boolean =>
  one.kind === row.kind &&
  one.actor === row.actor &&
  (one.reason === row.reason || row.kind === 'cooldown') &&
  isSame(one.details, row.details);

/** True if the lost task wrote the row: an alert that it raised is already counted there. */
function unwritten(entry: Entry, later?: Later): readonly Entry[] {
  const { row } = entry;
  if (row.table !== 'alerts') return unsaid(entry, later);
  const written = later?.alerts.find((one) => isAlertOf(row, one));
  if (!written) return [entry];
  return isSame(written.details, row.details) ? [] : [{ ...entry, row: { ...row, times: 1 } }];
}

/** True if the lost task wrote this change: it is not written a second time. */
function unsaid(entry: Entry, later?: Later): readonly Entry[] {
  const { row } = entry;
  if (row.table !== 'account_changes') return [entry];
  return later?.changes.some((one) => isChangeOf(row, one)) ? [] : [entry];
}
