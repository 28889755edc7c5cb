/**
 * How an account starts (R13): from what Postgres knows of it, never with a fresh cap on the same
 * day, and stopped where its last workflow had no clean end or its identity is another's.
 */
import {
  bookOf,
  counterOf,
  emptyDay,
  isSameProof,
  type Account,
  type DayBook,
  type External,
  type Slot,
} from './account.js';
import { alert, type Event } from './events.js';
import { evolve } from './evolve.js';
import { dayRow, reservationRow, rowsOf } from './facts.js';
import { REMEMBERED_DAYS, UNCLEAN_GRACE_MS, WEEK_DAYS } from './limits.js';
import { steppedCapOf, TIMEZONE_DEFAULT, type Policy } from './policy.js';
import { cooldownStarted } from './roll.js';
import type { Row } from './rows.js';
import { changedPolicy, type Start } from './settings.js';
import type { ReadBack, StoredAccount } from './stored.js';
import { dayOf, startOf, type Instant, type UtcDay } from './time.js';
import { slotOfRow, testimony } from './witnesses.js';

export type Opened = {
  readonly account: Account;
  /** Rows that are missing or changed by what was read together. */
  readonly rows: readonly Row[];
  /** What the start makes happen. */
  readonly events: readonly Event[];
};

export function openAccount(start: Start, found: ReadBack, owner: string, now: Instant): Opened {
  const stored = found.account;
  const day = Math.max(dayOf(now), stored?.day ?? 0);
  const at = Math.max(now, startOf(day));
  const bare = bareAccount(start, found, day, at);
  const told = testimony(bare, found, at);
  const rows: Row[] = [];
  const lifted = told.reduce((before, event) => {
    const after = evolve(before, event);
    rows.push(...rowsOf(event, before, after));
    return after;
  }, bare);
  const counted = withCounters(withImport(lifted, start, found), start, found);
  const account = { ...counted, slots: counted.slots.map((slot) => carried(slot, day)) };
  const moved = account.slots.filter((slot, i) => slot !== counted.slots[i]);
  const isRollMissed = stored !== null && stored.day < day;
  return {
    account,
    rows: [
      ...rows,
      ...moved.map(reservationRow),
      ...(isRollMissed ? [dayRow(account, stored.day)] : []),
    ],
    events: endings(stored, owner, account),
  };
}

function bareAccount(start: Start, found: ReadBack, day: UtcDay, at: Instant): Account {
  const stored = found.account;
  const fresh: Policy = {
    tier: start.tier ?? 'free',
    dailyCap: null,
    weeklyCap: null,
    ramp: null,
    sendingWindow: null,
    timezone: TIMEZONE_DEFAULT,
    identity: null,
  };
  const policy = changedPolicy(stored?.policy ?? fresh, start);
  const isSameRamp = JSON.stringify(policy.ramp) === JSON.stringify(stored?.policy.ramp ?? null);
  const rampDayThen = (stored?.day === day ? stored.rampDay : stored?.rampDayNext) ?? 1;
  const rampDay = isSameRamp ? rampDayThen : 1;
  const stepped = steppedCapOf(policy, rampDay);
  const isSameDay = stored?.day === day;
  const slots = found.reservations.map(slotOfRow);
  return {
    accountId: start.accountId,
    now: at,
    day,
    policy,
    openings: null,
    rampDay,
    highestCap: isSameDay ? Math.max(stored.highestCap, stepped) : stepped,
    cooledAtCounter: isSameDay ? stored.cooledAtCounter : 0,
    days: daysOf(found, slots, day),
    slots,
    externals: externalsOf(found, slots),
    effects: slots.flatMap(effectOf),
    cooldowns: (stored?.cooldowns ?? []).filter(({ until }) => at < until),
    hold: stored?.hold ?? null,
    breakerUntil: stored?.breakerUntil ?? null,
    isDisconnected: !start.connect,
    isIdentityChecked: false,
  };
}

/** The effect of a report that released a slot is not applied again. */
function effectOf(slot: Slot): Account['effects'] {
  if (slot.state !== 'released') return [];
  const { reservationId, quotaDay: day } = slot;
  const kind = (['throttled', 'no_credits', 'restricted'] as const).find((k) => k === slot.reason);
  return kind ? [{ reservationId, kind, day }] : [];
}

/** The books of the week: as stored, with what the event log knows of external sends. */
function daysOf(found: ReadBack, slots: readonly Slot[], today: UtcDay): readonly DayBook[] {
  const stored = found.account;
  const books: DayBook[] = [];
  for (let day = today - WEEK_DAYS + 1; day <= today; day += 1) {
    const closed = found.days.find(({ quotaDay }) => quotaDay === day);
    const current = stored?.day === day ? stored : undefined;
    const logged = externalsOf(found, slots).filter(({ quotaDay }) => quotaDay === day).length;
    const isForgotten = day < today - REMEMBERED_DAYS;
    books.push({
      ...emptyDay(day),
      external: Math.max(closed?.external ?? 0, current?.external ?? 0, logged),
      imported: Math.max(closed?.imported ?? 0, current?.imported ?? 0),
      forgottenDelivered: isForgotten ? (closed?.delivered ?? 0) : 0,
      forgottenUncertain: isForgotten ? (closed?.uncertain ?? 0) : 0,
      denials: Object.entries(closed?.denials ?? {}).map(([reason, count]) => ({ reason, count })),
      late: closed?.late ?? 0,
    });
  }
  return books;
}

/** External sends of the event log that no reservation of the same day has claimed. */
function externalsOf(found: ReadBack, slots: readonly Slot[]): readonly External[] {
  const isClaimed = (row: ReadBack['events'][number]): boolean =>
    slots.some(
      (slot) =>
        slot.state === 'delivered' && isSameProof(slot, row) && slot.quotaDay === row.quotaDay,
    );
  return found.events
    .filter((row) => row.reservationId === null && !isClaimed(row))
    .map(({ chatId, messageId, quotaDay, deliveredAt: at }) => ({
      chatId,
      messageId,
      quotaDay,
      at,
      isCounted: true,
    }));
}

const withBook = (account: Account, book: DayBook): Account => ({
  ...account,
  days: account.days.map((old) => (old.day === book.day ? book : old)),
});

/** What another system delivered today, less what the event log already has of it. */
function withImport(account: Account, start: Start, found: ReadBack): Account {
  const said = start.deliveredToday ?? start.inmailsSentToday ?? 0;
  const logged = found.events.filter(({ quotaDay }) => quotaDay === account.day).length;
  const book = bookOf(account, account.day);
  return withBook(account, { ...book, imported: Math.max(book.imported, said - logged) });
}

/** No day has less than was stored or imported: what nothing accounts for is unexplained. */
function withCounters(account: Account, start: Start, found: ReadBack): Account {
  const stored = found.account;
  const imported = start.inmailsSentToday ?? 0;
  return account.days.reduce((before, book) => {
    const closed = found.days.find(({ quotaDay }) => quotaDay === book.day)?.counter ?? 0;
    const current = stored?.day === book.day ? stored.counter : 0;
    const said = book.day === account.day ? imported : 0;
    const unexplained = Math.max(0, Math.max(closed, current, said) - counterOf(before, book.day));
    return withBook(before, { ...book, unexplained });
  }, account);
}

/** What was open at today's midnight may have landed today (R7). */
function carried(slot: Slot, day: UtcDay): Slot {
  if (slot.quotaDay >= day || slot.state === 'released' || slot.carriedInto === day) return slot;
  const midnight = startOf(day);
  const wasOpen = slot.state === 'in_flight' || slot.settledAt >= midnight;
  const mayLand = slot.state === 'uncertain' && slot.leaseExpiresAt > midnight;
  return wasOpen || mayLand ? { ...slot, carriedInto: day } : slot;
}

/** The last workflow of this account did not disconnect, or another writer is at work (R13, R14). */
function endings(stored: StoredAccount | null, owner: string, account: Account): readonly Event[] {
  if (!stored || stored.state === 'disconnected') return [];
  const { day, now } = account;
  const isOwn = stored.owner === owner;
  if (isOwn && stored.version === stored.ownerVersion) return [];
  const isRecent =
    stored.day === day || (stored.day === day - 1 && now - startOf(day) < UNCLEAN_GRACE_MS);
  if (!isOwn && !isRecent) return [];
  const cause = isOwn ? 'two_owners' : 'unclean_end';
  const reason = isOwn
    ? 'the row is newer than this workflow'
    : 'the last workflow did not disconnect';
  return [
    cooldownStarted(cause, startOf(day + 1), counterOf(account, day), reason),
    alert(cause, 'warning', { message: reason, version: stored.version }),
  ];
}

/** What the claim of the row found: accounts that share this one's identity (R13). */
export function identified(account: Account, rivals: readonly string[]): readonly Event[] {
  const checked: Event = { type: 'IdentityChecked' };
  if (rivals.length === 0) return [checked];
  const reason = `the same LinkedIn member as account ${rivals.join(', ')}`;
  const held: Event = { type: 'Held', hold: { reason, actor: 'safeband', since: account.now } };
  const counter = counterOf(account, account.day);
  return [
    checked,
    ...(account.hold ? [] : [held]),
    cooldownStarted('identity_in_use', startOf(account.day + 1), counter, reason),
    alert('identity_in_use', 'critical', { message: reason }),
  ];
}
