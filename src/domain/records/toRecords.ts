/** The rows that follow from a fact. */
import { bookOf, type Account, type External, type Slot } from '../account/account.js';
import { assertNever } from '../primitives/assert.js';
import { breakerRow, changeRow, learntRow, marksOf } from './changeLog.js';
import type { Event } from '../account/events.js';
import type { AccountRow, DayRow, DenialRow, EventRow, ReservationRow, Row } from './records.js';
import { WEEK_DAYS } from '../primitives/limits.js';
import { closedDays, rampDayNext } from '../days/rollover.js';
import { learntColumn } from '../gate/learnt.js';
import type { Instant, UtcDay } from '../primitives/time.js';
import { carriedOf, sentDaysOf, sumOf, tallyOf } from '../account/counter.js';
import { rowOfAsk } from './waitingRows.js';

/** Returns the rows of a fact, and the change of the breaker that a balance of credits makes. */
export const rowsOf = (event: Event, before: Account, after: Account): readonly Row[] =>
  ownRowsOf(event, before, after).concat(breakerRow(event, before, after));

function ownRowsOf(event: Event, before: Account, after: Account): readonly Row[] {
  switch (event.type) {
    case 'SlotReserved':
      return [
        { ...reservationRow(event.slot), ...marksOf(event) },
        ...lateRow(after, event.slot.quotaDay),
      ];
    case 'SlotReleased':
    case 'SlotMadeUncertain':
    case 'ProofCompleted':
    case 'SlotRestored':
      return [reservationRow(event.slot), ...lateRow(after, event.slot.quotaDay)];
    case 'SlotDelivered': {
      const { slot } = event;
      return [reservationRow(slot), ...eventRow(event), ...lateRow(after, slot.quotaDay)];
    }
    case 'AskQueued':
    case 'AskDecided':
    case 'AskWithdrawn':
      return [rowOfAsk(event, after.now)];
    case 'ExternalCounted': {
      const { external: one, sentAt } = event;
      return [externalRow(one, sentAt), ...(one.isCounted ? lateRow(after, one.quotaDay) : [])];
    }
    case 'ExternalRestored':
      return [
        externalRow(event.external, event.external.at),
        ...lateRow(after, event.external.quotaDay),
      ];
    case 'ExternalClaimed':
      return after.days
        .filter((book) => book !== bookOf(before, book.day))
        .flatMap(({ day }) => lateRow(after, day));
    case 'BookCorrected':
      return lateRow(after, event.day);
    case 'DayRolled':
      return rowsOfRoll(before, after);
    case 'CooldownStarted':
    case 'CooldownEnded':
    case 'BreakerOpened':
    case 'RampRestarted':
    case 'Held':
    case 'Resumed':
    case 'PolicyChanged':
    case 'Connected':
    case 'Disconnected':
    case 'SettledByOperator':
      return [changeRow(event, after.now, before.policy)];
    case 'CapLearnt':
      return learntRow(event, after);
    case 'AlertRaised': {
      const { type: _, ...raised } = event;
      return [{ table: 'alerts', ...raised, quotaDay: after.day, at: after.now, times: 1 }];
    }
    case 'ReplyRecorded':
      return [{ table: 'replies', ...event.reply }];
    case 'SlotDenied':
    case 'CreditsObserved':
    case 'CreditsRefunded':
    case 'AskAnswered':
    case 'EffectApplied':
    case 'OpeningsLearnt':
    case 'IdentityChecked':
    case 'Reconciled':
    case 'ReconcileFailed':
      return [];
    default:
      return assertNever(event);
  }
}

const rowsOfRoll = (before: Account, after: Account): readonly Row[] => [
  ...closedDays(before, after).map((day) => dayRow(before, day)),
  ...denialRows(before),
  ...after.slots.filter(({ carriedInto }) => carriedInto === after.day).map(reservationRow),
];

export const reservationRow = (slot: Slot): ReservationRow => ({
  table: 'reservations',
  reservationId: slot.reservationId,
  quotaDay: slot.quotaDay,
  state: slot.state,
  campaignId: slot.campaignId,
  recipientId: slot.recipientId,
  reservedAt: slot.reservedAt,
  leaseExpiresAt: slot.leaseExpiresAt,
  settledAt: slot.state === 'in_flight' ? null : slot.settledAt,
  reason: slot.state === 'uncertain' || slot.state === 'released' ? slot.reason : null,
  journaled: slot.journaled,
  chatId: slot.state === 'delivered' ? slot.chatId : null,
  messageId: slot.state === 'delivered' ? slot.messageId : null,
  isAdopted: slot.state === 'delivered' && slot.isAdopted,
  carriedInto: slot.carriedInto,
  ...(slot.free === true ? { free: true } : {}),
});

function eventRow({
  slot,
  source,
}: Extract<Event, { type: 'SlotDelivered' }>): readonly EventRow[] {
  if (slot.state !== 'delivered' || source === null) return [];
  const { reservationId, chatId, messageId, isAdopted, quotaDay, settledAt } = slot;
  return [
    {
      table: 'inmail_events',
      reservationId,
      chatId,
      messageId: isAdopted ? null : messageId,
      source,
      quotaDay,
      deliveredAt: settledAt,
      isCounted: true,
    },
  ];
}

const externalRow = (external: External, deliveredAt: Instant): EventRow => ({
  table: 'inmail_events',
  reservationId: null,
  chatId: external.chatId,
  messageId: external.messageId,
  source: 'external',
  quotaDay: external.quotaDay,
  deliveredAt,
  isCounted: external.isCounted,
});

/** Returns the row of a closed quota day. */
export function dayRow(account: Account, day: UtcDay): DayRow {
  const tally = tallyOf(account, day);
  const { inFlight: _, ...parts } = tally;
  const { denials, late } = bookOf(account, day);
  return {
    table: 'account_days',
    quotaDay: day,
    counter: sumOf(tally),
    ...parts,
    late,
    denials: Object.fromEntries(denials.map(({ reason, count }) => [reason, count])),
  };
}

const denialRows = ({ denied = [], day: quotaDay }: Account): readonly DenialRow[] =>
  denied.map((one) => ({ table: 'campaign_denials', quotaDay, ...one }));

/** A day before the week keeps its row: the account has forgotten what else the day had. */
const lateRow = (account: Account, day: UtcDay): readonly Row[] =>
  day < account.day && day > account.day - WEEK_DAYS ? [dayRow(account, day)] : [];

/** Returns the account's own row: all that a start reads. */
export function accountRow(account: Account, version: number): AccountRow {
  const tally = tallyOf(account, account.day);
  const { inFlight, uncertain, imported, external, unexplained } = tally;
  return {
    accountId: account.accountId,
    policy: account.policy,
    day: account.day,
    counter: sumOf(tally),
    inFlight,
    uncertain,
    imported,
    external,
    unexplained,
    carried: carriedOf(account),
    rampDay: account.rampDay,
    rampDayNext: rampDayNext(account),
    highestCap: account.highestCap,
    cooledAtCounter: account.cooledAtCounter,
    state: account.isDisconnected ? 'disconnected' : 'connected',
    cooldowns: account.cooldowns,
    hold: account.hold,
    breakerUntil: account.breakerUntil,
    version,
    updatedAt: account.now,
    ...(account.denied?.length ? { denied: account.denied } : {}),
    ...(account.policy.velocity ? { sentDays: sentDaysOf(account) } : {}),
    ...(account.credits ? { credits: account.credits } : {}),
    ...learntColumn(account),
  };
}
