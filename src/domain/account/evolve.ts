/** Applies facts to an account. No rules and no refusals; the compiler finds a missing event. */
import { emptyDay, type Account, type DayBook, type External, type Slot } from './account.js';
import { accountWith, bookWith, lineAfter, stricter, withCooldown, withPolicy } from './update.js';
import type { Event } from './events.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import { assertNever } from '../primitives/assert.js';
import { keptExternal, keptSlot, memoryOf, withForgotten } from './kept.js';
import { EFFECTS_MAX, EXTERNALS_MAX } from '../primitives/limits.js';
import { isSameProof } from './proof.js';
import { deniedWith, denialsWith, tallyOf, type Tally } from './counter.js';
import { rolled } from './evolveDay.js';
import {
  withClaimed,
  withExternalSpent,
  withCredits,
  withoutBreaker,
  withSpent,
} from './credits.js';

/** Returns the account after these facts, in their order. */
export const evolveAll = (account: Account, events: readonly Event[]): Account =>
  events.reduce((before, event) => evolve(before, event), account);

/** Returns the account after one fact. */
export function evolve(account: Account, event: Event): Account {
  switch (event.type) {
    case 'SlotReserved':
      return withSpent(taken(account, event.slot), account, event.slot);
    case 'SlotDelivered':
    case 'SlotReleased':
    case 'SlotMadeUncertain':
    case 'ProofCompleted':
      return withSpent(settled(account, event.slot), account, event.slot);
    case 'SlotDenied':
      return withDenial(account, event);
    case 'AskQueued':
    case 'AskDecided':
    case 'AskAnswered':
    case 'AskWithdrawn':
      return accountWith(account, { line: lineAfter(account, event) });
    case 'ExternalCounted':
      return withExternal(account, keptExternal(event.external), event.sentAt);
    case 'ExternalClaimed':
      return withClaimed(claimed(account, event), event.reservedAt);
    case 'BookCorrected':
      return corrected(account, event);
    case 'DayRolled':
      return rolled(account, event);
    case 'CooldownStarted':
      return cooled(account, event);
    case 'CooldownEnded':
      return accountWith(account, {
        cooldowns: account.cooldowns.filter(({ cause }) => cause !== event.cause),
      });
    case 'BreakerOpened':
    case 'CreditsObserved':
    case 'ReplyRecorded':
    case 'CreditsRefunded':
      return withCredits(account, event);
    case 'RampRestarted':
      return accountWith(account, { rampDay: 1 });
    case 'CapLearnt':
      return accountWith(account, { learnt: stricter(account.learnt, event.learnt) });
    case 'EffectApplied':
      return withEffect(account, event);
    case 'Held':
      return accountWith(account, { hold: event.hold });
    case 'Resumed': {
      const free = accountWith(account, { hold: null });
      return event.keepsBreaker ? free : withoutBreaker(free);
    }
    case 'PolicyChanged':
      return withPolicy(account, event);
    case 'OpeningsLearnt':
      return accountWith(account, { openings: event.openings });
    case 'IdentityChecked':
      return accountWith(account, { isIdentityChecked: true });
    case 'Reconciled':
      return accountWith(account, { reconciledAt: event.at, ...VERIFIED });
    case 'ReconcileFailed':
      return runFailed(account, event);
    case 'Connected':
      return accountWith(account, { isDisconnected: false });
    case 'Disconnected':
      return accountWith(account, { isDisconnected: true });
    case 'SlotRestored':
    case 'ExternalRestored':
    case 'SettledByOperator':
    case 'AlertRaised':
      return account;
    default:
      return assertNever(event);
  }
}

const withEffect = (
  account: Account,
  { effect }: Extract<Event, { type: 'EffectApplied' }>,
): Account => accountWith(account, { effects: [...account.effects, effect].slice(-EFFECTS_MAX) });

const cooled = (
  account: Account,
  { cooldown, counter }: Extract<Event, { type: 'CooldownStarted' }>,
): Account =>
  accountWith(account, {
    cooldowns: withCooldown(account.cooldowns, cooldown),
    cooledAtCounter: cooldown.cause === 'overshoot' ? counter : account.cooledAtCounter,
  });

const VERIFIED = { runFailedAt: null, isRunUnknown: false, isCrowded: false };

const runFailed = (
  account: Account,
  { at, isUnknown = false, isCrowded = false }: Extract<Event, { type: 'ReconcileFailed' }>,
): Account =>
  accountWith(account, {
    runFailedAt: at,
    isRunUnknown: isUnknown || account.isRunUnknown === true,
    isCrowded: isCrowded || account.isCrowded === true,
  });

const taken = (account: Account, slot: Slot): Account =>
  withSlots(account, [...account.slots, keptSlot(slot)], slot.quotaDay);

const settled = (account: Account, slot: Slot): Account =>
  withSlots(account, put(account.slots, keptSlot(slot)), slot.quotaDay);

const put = (slots: readonly Slot[], slot: Slot): readonly Slot[] =>
  slots.map((old) => (old.reservationId === slot.reservationId ? slot : old));

const withDenial = (account: Account, denial: Extract<Event, { type: 'SlotDenied' }>): Account =>
  withBook(accountWith(account, { denied: deniedWith(account, denial) }), account.day, (book) => ({
    denials: denialsWith(book, denial.reason),
  }));

function withBook(
  account: Account,
  day: UtcDay,
  change: (book: DayBook) => Partial<DayBook>,
): Account {
  const old = account.days.find((book) => book.day === day);
  const book = old ?? emptyDay(day);
  const changed = bookWith(book, change(book));
  const days = old
    ? account.days.map((other) => (other === old ? changed : other))
    : [...account.days, changed].toSorted((a, b) => a.day - b.day);
  return accountWith(account, { days });
}

function withExternal(before: Account, external: External, sentAt: Instant): Account {
  const account = withExternalSpent(before, sentAt);
  const { externals, forgottenOn } = memoryOf([...account.externals, external]);
  const next = withForgotten(accountWith(account, { externals }), { forgottenOn });
  if (!external.isCounted) return next;
  const counted = withBook(next, external.quotaDay, (book) => ({ external: book.external + 1 }));
  return markLate(account, counted, external.quotaDay);
}

const withSlots = (account: Account, slots: readonly Slot[], day: UtcDay): Account =>
  markLate(account, accountWith(account, { slots }), day);

function corrected(account: Account, event: Extract<Event, { type: 'BookCorrected' }>): Account {
  const after = withBook(account, event.day, ({ external, unexplained }) => ({
    external: Math.max(0, external + event.external),
    unexplained: Math.max(0, unexplained + event.unexplained),
  }));
  return markLate(account, withUnremembered(after, event), event.day);
}

/**
 * Marks sends that a reconcile found in the log and counts by day only, because no more can be
 * kept.
 */
const withUnremembered = (
  account: Account,
  { day, external }: Extract<Event, { type: 'BookCorrected' }>,
): Account =>
  external > 0 && account.externals.length >= EXTERNALS_MAX
    ? withForgotten(account, { forgottenOn: day })
    : account;

/** Counts the changes of a closed day: people may have read its row already. */
function markLate(before: Account, after: Account, day: UtcDay): Account {
  if (day >= after.day || isSameTally(tallyOf(before, day), tallyOf(after, day))) return after;
  return withBook(after, day, ({ late }) => ({ late: late + 1 }));
}

const isSameTally = (one: Tally, other: Tally): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

function claimed(account: Account, event: Extract<Event, { type: 'ExternalClaimed' }>): Account {
  const external = account.externals.find((known) => isSameProof(known, event.proof));
  const next = accountWith(account, {
    externals: account.externals.filter((known) => known !== external),
  });
  if (!external?.isCounted || !event.isSameDay) return next;
  return withBook(next, external.quotaDay, (book) => ({ external: book.external - 1 }));
}
