/** Which rows a fact leaves behind. The account is the one after the fact. */
import {
  bookOf,
  carriedOf,
  sumOf,
  tallyOf,
  type Account,
  type Cooldown,
  type Slot,
} from './account.js';
import { assertNever } from './assert.js';
import type { Details, Event } from './events.js';
import type { AccountRow, ChangeRow, DayRow, EventRow, ReservationRow, Row } from './rows.js';
import { rampDayNext } from './roll.js';
import { isoInstant, type Instant, type UtcDay } from './time.js';

export function rowsOf(event: Event, before: Account, after: Account): readonly Row[] {
  switch (event.type) {
    case 'SlotReserved':
    case 'SlotReleased':
    case 'SlotMadeUncertain':
    case 'ProofCompleted':
    case 'SlotRestored':
      return [reservationRow(event.slot), ...lateRow(after, event.slot.quotaDay)];
    case 'SlotDelivered':
      return [
        reservationRow(event.slot),
        ...eventRow(event),
        ...lateRow(after, event.slot.quotaDay),
      ];
    case 'ExternalCounted': {
      const { chatId, messageId, quotaDay, isCounted } = event.external;
      const row: EventRow = {
        table: 'inmail_events',
        reservationId: null,
        chatId,
        messageId,
        quotaDay,
        source: 'external',
        deliveredAt: event.sentAt,
        isCounted,
      };
      return [row, ...(isCounted ? lateRow(after, quotaDay) : [])];
    }
    case 'ExternalClaimed':
      return after.days
        .filter((book) => book !== bookOf(before, book.day))
        .flatMap(({ day }) => lateRow(after, day));
    case 'BookCorrected':
      return lateRow(after, event.day);
    case 'DayRolled':
      return [
        dayRow(before, before.day),
        ...after.slots.filter(({ carriedInto }) => carriedInto === after.day).map(reservationRow),
      ];
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
      return [changeRow(event, after.now)];
    case 'AlertRaised': {
      const { kind, severity, details } = event;
      const quotaDay = after.day;
      return [{ table: 'alerts', kind, severity, quotaDay, details, at: after.now, times: 1 }];
    }
    case 'SlotDenied':
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

/** A closed quota day, as it stands. */
export function dayRow(account: Account, day: UtcDay): DayRow {
  const tally = tallyOf(account, day);
  const { delivered, uncertain, external, imported, unexplained } = tally;
  const { denials, late } = bookOf(account, day);
  return {
    table: 'account_days',
    quotaDay: day,
    counter: sumOf(tally),
    delivered,
    uncertain,
    external,
    imported,
    unexplained,
    late,
    denials: Object.fromEntries(denials.map(({ reason, count }) => [reason, count])),
  };
}

const lateRow = (account: Account, day: UtcDay): readonly Row[] =>
  day < account.day ? [dayRow(account, day)] : [];

type Change = Extract<
  Event,
  {
    type:
      | 'CooldownStarted'
      | 'CooldownEnded'
      | 'BreakerOpened'
      | 'RampRestarted'
      | 'Held'
      | 'Resumed'
      | 'PolicyChanged'
      | 'Connected'
      | 'Disconnected'
      | 'SettledByOperator';
  }
>;

function changeRow(event: Change, at: Instant): ChangeRow {
  const row = (
    kind: ChangeRow['kind'],
    actor: string,
    reason: string | null,
    details: Details = {},
  ): ChangeRow => ({ table: 'account_changes', kind, actor, reason, details, at });
  const until = ({ until: end, cause }: Cooldown): Details => ({ until: isoInstant(end), cause });
  switch (event.type) {
    case 'CooldownStarted':
      return row('cooldown', 'safeband', event.reason, until(event.cooldown));
    case 'CooldownEnded':
      return row('cooldown', event.actor, 'ended', { cause: event.cause });
    case 'BreakerOpened':
      return row('breaker', 'safeband', 'no_credits', { until: isoInstant(event.until) });
    case 'RampRestarted':
      return row('ramp', 'safeband', 'restricted', { rampDay: 1 });
    case 'Held':
      return row('hold', event.hold.actor, event.hold.reason);
    case 'Resumed':
      return row('resume', event.actor, event.reason);
    case 'PolicyChanged':
      return row('policy', event.actor, null, { policy: JSON.stringify(event.policy) });
    case 'Connected':
      return row('connect', 'connect', null);
    case 'Disconnected':
      return row('disconnect', event.actor, event.reason);
    case 'SettledByOperator':
      return row('settle', event.actor, String(event.details['reason'] ?? ''), event.details);
    default:
      return assertNever(event);
  }
}

/** The account's own row: everything that a start reads back. */
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
  };
}
