/** The account at the time of its row (R13). */
import {
  emptyDay,
  type Account,
  type DayBook,
  type External,
  type Slot,
} from '../account/account.js';
import { forgottenIn, keptExternal, memoryOf } from '../account/kept.js';
import { REMEMBERED_DAYS, WEEK_DAYS } from '../primitives/limits.js';
import { SlotIndex } from '../account/proof.js';
import { steppedCapOf, UNSET_POLICY, type Policy } from '../account/policy.js';
import type { Start } from '../commands/administer.js';
import { changedPolicy } from '../commands/policyChange.js';
import type { LeftOut, ReadBack } from '../records/snapshot.js';
import { dayOf, startOf, type UtcDay } from '../primitives/time.js';
import { externalOfRow, slotOfRow } from '../records/fromRecords.js';
import { askOfRow } from '../records/waitingRows.js';

/** Returns the account at the time of its row; a new account begins on that day. */
export function bareAccount(start: Start, found: ReadBack, day: UtcDay): Account {
  const stored = found.account;
  const fresh: Policy = {
    tier: start.tier ?? 'free',
    ...UNSET_POLICY,
    ...(found.defaultPacing ? { pacing: found.defaultPacing } : {}),
  };
  // A row has the fields in another order; the policy of the account has one order.
  const policy = stored ? changedPolicy(stored.policy, {}) : changedPolicy(fresh, start);
  const rampDay = stored?.rampDay ?? 1;
  const slots = found.reservations.map(slotOfRow);
  const { externals, forgottenOn } = memoryOf(externalsOf(found, slots));
  return {
    accountId: start.accountId,
    now: startOf(day),
    day,
    policy,
    openings: null,
    rampDay,
    highestCap: stored?.highestCap ?? steppedCapOf(policy, rampDay),
    cooledAtCounter: stored?.cooledAtCounter ?? 0,
    days: daysOf(found, slots, day),
    slots,
    externals,
    effects: slots.flatMap(effectOf),
    cooldowns: stored?.cooldowns ?? [],
    hold: stored?.hold ?? null,
    breakerUntil: stored?.breakerUntil ?? null,
    isDisconnected: !start.connect,
    isIdentityChecked: false,
    reconciledAt: null,
    runFailedAt: null,
    isRunUnknown: false,
    isCrowded: found.crowd !== undefined,
    forgottenOn: forgottenIn(found.leftOut, forgottenOn),
    line: (found.waiting ?? []).map(askOfRow),
    sentDays: (stored?.sentDays ?? []).filter((one) => one.day <= day - WEEK_DAYS),
    credits: stored?.credits ?? null,
    learnt: stored?.learnt ? { cap: stored.learnt.cap, until: stored.learnt.until } : null,
  };
}

/** Returns the effects of reports that released a slot, so that they are not applied again. */
function effectOf(slot: Slot): Account['effects'] {
  if (slot.state !== 'released') return [];
  const { reservationId } = slot;
  const day = dayOf(slot.settledAt);
  const kind = (['throttled', 'no_credits', 'restricted'] as const).find((k) => k === slot.reason);
  return kind ? [{ reservationId, kind, day }] : [];
}

/** Returns the days of the week: as stored, with the external sends of the event log. */
function daysOf(found: ReadBack, slots: readonly Slot[], today: UtcDay): readonly DayBook[] {
  const stored = found.account;
  const books: DayBook[] = [];
  for (let day = today - WEEK_DAYS + 1; day <= today; day += 1) {
    const closed = found.days.find(({ quotaDay }) => quotaDay === day);
    const current = stored?.day === day ? stored : undefined;
    const { counted } = leftOutOf(found, day);
    const one = externalsOf(found, slots, day).filter(({ isCounted }) => isCounted).length;
    const logged = one + counted;
    const left = (state: 'delivered' | 'uncertain'): number => {
      const known = slots.filter((slot) => slot.quotaDay === day && slot.state === state).length;
      return day < today - REMEMBERED_DAYS ? Math.max(0, (closed?.[state] ?? 0) - known) : 0;
    };
    books.push({
      ...emptyDay(day),
      external: Math.max(closed?.external ?? 0, current?.external ?? 0, logged),
      imported: Math.max(closed?.imported ?? 0, current?.imported ?? 0),
      forgottenDelivered: left('delivered'),
      forgottenUncertain: left('uncertain'),
      denials: Object.entries(closed?.denials ?? {}).map(([reason, count]) => ({ reason, count })),
      late: closed?.late ?? 0,
    });
  }
  return books;
}

/** Returns external sends of the event log that no reservation claimed, of that day or of any. */
function externalsOf(found: ReadBack, slots: readonly Slot[], ofDay?: UtcDay): readonly External[] {
  const index = new SlotIndex(
    ofDay === undefined ? slots : slots.filter(({ quotaDay }) => quotaDay === ofDay),
  );
  return found.events
    .filter((row) => row.reservationId === null && (row.quotaDay === ofDay || ofDay === undefined))
    .filter((row) => index.provenBy(row).length === 0)
    .map((row) => keptExternal(externalOfRow(row)));
}

export const leftOutOf = ({ leftOut = [] }: ReadBack, day: UtcDay): LeftOut =>
  leftOut.find(({ quotaDay }) => quotaDay === day) ?? { quotaDay: day, rows: 0, counted: 0 };
