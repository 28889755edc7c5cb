/**
 * One reconcile of one account (R8). Layer 2 first compares the counter with the log. Layer 1 then
 * joins the evidence and corrects the account. Pure: rows go in, facts and findings come out.
 */
import type { Account, External, Slot } from '../account/account.js';
import { EventCollector } from '../account/eventCollector.js';
import { evolveAll } from '../account/evolve.js';
import type { Event } from '../account/events.js';
import { EXTERNALS_MAX, REMEMBERED_DAYS } from '../primitives/limits.js';
import { claimedBy, counted, liftSlot } from './merge.js';
import { isNamed, pairsOn } from '../gap/matching.js';
import { proofKey, SlotIndex } from '../account/proof.js';
import { overshoot } from '../gate/cooldown.js';
import type { EventRow } from '../records/records.js';
import { keptIn, leaseOver } from './leases.js';
import { alertsOf, type RunAlert } from './runAlerts.js';
import type { Evidence } from '../records/snapshot.js';
import { dayOf, type Instant, type UtcDay } from '../primitives/time.js';
import { dayTouched, verdictOn, type DayVerdict } from './dayFindings.js';
import { eventsFromEvidence } from './evidence.js';
import { tallyOf, type ManualEdit } from '../account/counter.js';
import { isHigher } from '../account/slot.js';
import { isRowOf, externalOfRow, slotOfRow } from '../records/fromRecords.js';

export type Verdict = {
  /** The facts for the account; checked again if a message came during the reconcile. */
  readonly events: readonly Event[];
  readonly alerts: readonly RunAlert[];
  /** Today last; before it the corrected days, and in the first reconcile of a day yesterday. */
  readonly days: readonly DayVerdict[];
  readonly inFlight: number;
  readonly uncertain: number;
  readonly cooled: boolean;
};

/**
 * Compares an account with its evidence. `foreign`: the manual edit of its row; `looksBack`: an
 * alert about the day before is open, and its cause may be gone.
 */
export function reconcile(
  account: Account,
  found: Evidence,
  foreign: ManualEdit | null,
  at: Instant,
  looksBack = false,
): Verdict {
  const heals = healing(account, found, at);
  const after = evolveAll(account, heals);
  const days = daysOf(account, heals, looksBack).map((day) =>
    verdictOn(day, { account, after, heals, found, foreign, at }),
  );
  const today = days.at(-1);
  const cooling = today ? overshoot(account, today.before, foreign, at) : [];
  const { inFlight, uncertain } = tallyOf(after, account.day);
  return {
    events: [...heals, ...cooling],
    alerts: days.flatMap((day) => alertsOf(day, account, foreign, found.shadowed)),
    days,
    inFlight,
    uncertain,
    cooled: cooling.length > 0,
  };
}

/**
 * Returns the days to report: the corrected ones, in a day's first reconcile yesterday, and today.
 */
function daysOf(account: Account, heals: readonly Event[], looksBack: boolean): readonly UtcDay[] {
  const { day, reconciledAt } = account;
  const isFirst = reconciledAt === null || dayOf(reconciledAt) < day;
  const touched = heals.flatMap((event) => dayTouched(event) ?? []);
  const days = new Set([...touched, ...(isFirst || looksBack ? [day - 1] : []), day]);
  return [...days].toSorted((one, other) => one - other);
}

/** Layer 1: returns the facts that make the account agree with its evidence. */
function healing(account: Account, found: Evidence, at: Instant): readonly Event[] {
  const facts = new EventCollector(account);
  const known = new SlotIndex(account.slots);
  for (const row of found.reservations) {
    const slot = known.byId(row.reservationId);
    if (!slot || isHigher(row.state, slot)) {
      facts.apply(liftSlot(facts.view, slotOfRow(row)));
    }
  }
  facts.apply(eventsFromEvidence(facts.view, found, at));
  const kept = keptIn(found);
  for (const slot of facts.view.slots) facts.apply(leaseOver(slot, kept, at));
  const slots = new SlotIndex(facts.view.slots);
  for (const row of unknownIn(facts.view, found.events, slots)) {
    facts.apply(ungrantedSend(facts.view, row));
  }
  for (const slot of facts.view.slots) facts.apply(claimedBy(facts.view, slot));
  facts.apply(correctedBooks(facts.view, found.events));
  facts.apply(restored(account, facts.view, found));
  return facts.events;
}

/** Returns rows of the log without a reservation whose proof the account does not know. */
function unknownIn(
  account: Account,
  log: readonly EventRow[],
  slots: SlotIndex,
): readonly EventRow[] {
  const externals = new Set(account.externals.map(proofKey));
  return log.filter(
    (row) =>
      row.quotaDay + REMEMBERED_DAYS >= account.day &&
      isNobodys(slots, row) &&
      !externals.has(proofKey(row)) &&
      slots.provenBy(row).length === 0,
  );
}

/**
 * Counts a row of the log without a reservation that no caller reported, at once. If no more proofs
 * are remembered one by one, only the sum of its day changes.
 */
function ungrantedSend(account: Account, row: EventRow): readonly Event[] {
  const events = counted(account, externalOfRow(row), row.deliveredAt);
  const isOneMore = events.some(({ type }) => type === 'ExternalCounted');
  return isOneMore && account.externals.length >= EXTERNALS_MAX ? [] : events;
}

/** True if the row has no reservation, or names one that another chat proves (R4). */
function isNobodys(slots: SlotIndex, row: EventRow): boolean {
  if (row.reservationId === null) return true;
  const slot = slots.byId(row.reservationId);
  return slot !== undefined && !isNamed(slot, row);
}

/** Corrects the days' sums by the log: as differences, because messages may come meanwhile. */
function correctedBooks(account: Account, log: readonly EventRow[]): readonly Event[] {
  const slots = new SlotIndex(account.slots);
  const externals = new Set(account.externals.map(proofKey));
  const unlogged = lacking(account, log);
  return account.days.flatMap((book): readonly Event[] => {
    const { day, external, unexplained } = book;
    if (day + REMEMBERED_DAYS < account.day) return [];
    const ours = new Set(pairsOn(account, day, log, slots).values());
    // A delivery may have two rows: of its report, and of an earlier observed send (R4).
    const isOurs = (row: EventRow): boolean =>
      ours.has(row) ||
      (slots.provenBy(row).some(({ quotaDay }) => quotaDay === day) &&
        !externals.has(proofKey(row)));
    const logged = log.filter(
      (row) => row.quotaDay === day && isNobodys(slots, row) && row.isCounted && !isOurs(row),
    ).length;
    const change = logged + unlogged.filter((one) => one.quotaDay === day).length - external;
    if (change === 0 && unexplained === 0) return [];
    return [{ type: 'BookCorrected', day, external: change, unexplained: -unexplained }];
  });
}

/** Returns external sends whose row Postgres lost, refused, or does not have yet: they count. */
function lacking(account: Account, log: readonly EventRow[]): readonly External[] {
  const logged = new Set(log.map(proofKey));
  return account.externals.filter(
    (one) =>
      one.isCounted && one.quotaDay + REMEMBERED_DAYS >= account.day && !logged.has(proofKey(one)),
  );
}

/** Returns what this reconcile has not changed and Postgres has another row of, or none. */
function restored(before: Account, after: Account, found: Evidence): readonly Event[] {
  const old = new Set(before.slots);
  const rows = new Map(found.reservations.map((row) => [row.reservationId, row]));
  const isWritten = (slot: Slot): boolean => {
    const row = rows.get(slot.reservationId);
    return row !== undefined && isRowOf(slot, row);
  };
  const slots = after.slots
    .filter((slot) => old.has(slot) && !isWritten(slot))
    .map((slot): Event => ({ type: 'SlotRestored', slot }));
  const still = new Set(after.externals);
  const externals = lacking(before, found.events)
    .filter((external) => still.has(external))
    .map((external): Event => ({ type: 'ExternalRestored', external }));
  return [...slots, ...externals];
}
