/**
 * How an account starts (R13): from what Postgres knows of it, never with a fresh cap on the same
 * day, and stopped where its last workflow had no clean end or its identity is another's.
 */
import {
  bookOf,
  emptyDay,
  type Account,
  type DayBook,
  type External,
  type Slot,
} from '../account/account.js';
import { accountWith } from '../account/update.js';
import { actorWith, actorOf, pass, record, type Actor } from './entity.js';
import { endings, type LastRun } from './endings.js';
import { forgottenIn, forgottenOf, keptExternal, remembered } from '../account/kept.js';
import { alert, type Event } from '../account/events.js';
import { REMEMBERED_DAYS, WEEK_DAYS } from '../primitives/limits.js';
import { SlotIndex } from '../account/proofIndex.js';
import { steppedCapOf, TIMEZONE_DEFAULT, type Policy } from '../account/policy.js';
import { changedPolicy, policyEvents, type Start } from '../commands/administer.js';
import type { LeftOut, ReadBack, StoredAccount } from '../records/snapshot.js';
import { dayOf, startOf, type Instant, type UtcDay } from '../primitives/time.js';
import { testimony } from '../reconcile/evidence.js';
import { foundBy, isOfLostTask } from './writes.js';
import { counterOf } from '../account/counter.js';
import { cooldownStarted } from '../gate/cooldown.js';
import { externalOfRow, slotOfRow } from '../records/fromRecords.js';

/**
 * The account as it stood in its rows, and then everything that has happened since: the midnights
 * that passed, what journal and event log prove, what another system sent, an unclean end.
 */
export function openActor(
  start: Start,
  found: ReadBack,
  owner: string,
  now: Instant,
  isReset = false,
  last: LastRun | null = null,
): Actor {
  const stored = found.account;
  const read = last?.actor ?? storedActor(start, found, owner, now);
  const opened = actorWith(read, { account: withCounters(read.account, found) });
  const rolled = pass(opened, now);
  const policy = changedPolicy(rolled.account.policy, start);
  const set = record(rolled, connection(start, stored, rolled.account, policy));
  const told = record(set, testimony(set.account, found, set.account.now));
  const imported = withImport(told.account, start, found);
  const account = withCounters(imported, found, start.inmailsSentToday);
  const isLost = isOfLostTask(found, owner, isReset);
  if (isLost) return record({ ...told, account }, foundBy(found, account));
  return record({ ...told, account }, endings(stored, owner, account, last));
}

/** The account as it stood in its rows, on the day on which they were written. */
export function storedActor(start: Start, found: ReadBack, owner: string, now: Instant): Actor {
  const stored = found.account;
  const bare = withCounters(bareAccount(start, found, stored?.day ?? dayOf(now)), found);
  const base = Math.max(stored?.version ?? 0, found.highestNumber);
  const writes = found.lastWrite ?? 0;
  const begun = { ...actorOf(bare, owner, base), writes, answered: writes };
  return record(begun, corrections(bare, found));
}

/** What the start object sets; that a disconnected account is back; who it was, where it is new. */
function connection(
  { connect, actor }: Start,
  stored: StoredAccount | null,
  account: Account,
  policy: Policy,
): readonly Event[] {
  const who = actor ?? 'connect';
  const isNew = stored === null && actor !== undefined;
  const isTold = connect && (isNew || stored?.state === 'disconnected' || account.isDisconnected);
  return [
    ...(isTold ? [{ type: 'Connected', actor: who } as const] : []),
    ...policyEvents(account, policy, who, account.now),
  ];
}

/** Closed days of which the event log tells more than their row does: the row is written again. */
const corrections = (account: Account, found: ReadBack): readonly Event[] =>
  found.days
    .filter((row) => bookOf(account, row.quotaDay).external > row.external)
    .map(({ quotaDay: day }) => ({ type: 'BookCorrected', day, external: 0, unexplained: 0 }));

/** As it was when its row was written; a new account is as of that day. */
export function bareAccount(start: Start, found: ReadBack, day: UtcDay): Account {
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
  const policy = stored?.policy ?? changedPolicy(fresh, start);
  const rampDay = stored?.rampDay ?? 1;
  const slots = found.reservations.map(slotOfRow);
  const all = externalsOf(found, slots);
  const externals = remembered(all);
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
    forgottenOn: forgottenIn(found.leftOut, forgottenOf(all, externals)),
  };
}

/** The effect of a report that released a slot is not applied again. */
function effectOf(slot: Slot): Account['effects'] {
  if (slot.state !== 'released') return [];
  const { reservationId } = slot;
  const day = dayOf(slot.settledAt);
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

/** External sends of the event log that no reservation has claimed: of that day, or of any. */
function externalsOf(found: ReadBack, slots: readonly Slot[], ofDay?: UtcDay): readonly External[] {
  const index = new SlotIndex(
    ofDay === undefined ? slots : slots.filter(({ quotaDay }) => quotaDay === ofDay),
  );
  return found.events
    .filter((row) => row.reservationId === null && (row.quotaDay === ofDay || ofDay === undefined))
    .filter((row) => index.provenBy(row).length === 0)
    .map((row) => keptExternal(externalOfRow(row)));
}

const leftOutOf = ({ leftOut = [] }: ReadBack, day: UtcDay): LeftOut =>
  leftOut.find(({ quotaDay }) => quotaDay === day) ?? { quotaDay: day, rows: 0, counted: 0 };

const withBook = (account: Account, book: DayBook): Account =>
  accountWith(account, { days: account.days.map((old) => (old.day === book.day ? book : old)) });

/** What another system delivered today, less what the event log already has of it. */
function withImport(account: Account, start: Start, found: ReadBack): Account {
  const said = start.deliveredToday ?? start.inmailsSentToday ?? 0;
  const { rows } = leftOutOf(found, account.day);
  const logged = rows + found.events.filter(({ quotaDay }) => quotaDay === account.day).length;
  const book = bookOf(account, account.day);
  return withBook(account, { ...book, imported: Math.max(book.imported, said - logged) });
}

/** No day has less than was stored, or said: what nothing accounts for is unexplained. */
export function withCounters(account: Account, found: ReadBack, saidToday = 0): Account {
  return account.days.reduce((before, book) => {
    const closed = found.days.find(({ quotaDay }) => quotaDay === book.day)?.counter ?? 0;
    const current = found.account?.day === book.day ? found.account.counter : 0;
    const said = book.day === account.day ? saidToday : 0;
    const explained = counterOf(before, book.day) - book.unexplained;
    const unexplained = Math.max(0, Math.max(closed, current, said) - explained);
    return unexplained === book.unexplained ? before : withBook(before, { ...book, unexplained });
  }, account);
}

/** Why an account is held whose member another account has; people and SQL read it. */
export const SAME_MEMBER = 'another account is the same LinkedIn member';

/** What the claim of the row found: accounts that share this one's identity (R13). */
export function identified(account: Account, rivals: readonly string[]): readonly Event[] {
  const checked: Event = { type: 'IdentityChecked' };
  if (rivals.length === 0) return [checked];
  // Whoever reads the account need not know of the other: its id is for the alert alone.
  const reason = SAME_MEMBER;
  const held: Event = { type: 'Held', hold: { reason, actor: 'safeband', since: account.now } };
  const counter = counterOf(account, account.day);
  return [
    checked,
    ...(account.hold ? [] : [held]),
    cooldownStarted('identity_in_use', startOf(account.day + 1), counter, reason),
    alert('identity_in_use', 'critical', { message: reason, accounts: rivals }),
  ];
}
