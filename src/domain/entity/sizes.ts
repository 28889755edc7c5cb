/**
 * Maximum bytes of JSON of each thing that a workflow keeps, with the longest legal strings and
 * numbers in each field. The limits are compared with their sum.
 */
import type { DayBook, Effect, External, Slot, SlotRequest } from '../account/account.js';
import { CAMPAIGNS_MAX } from '../account/policy.js';
import { VELOCITY_DAYS } from '../account/counter.js';
import { DENIED_BYTES_MAX } from '../primitives/limits.js';
import { bytesOf } from '../primitives/bytes.js';
import type { EventRow, ReservationRow } from '../records/records.js';
import type { Attempt } from '../records/snapshot.js';

type Fields<T> = Record<keyof T, unknown>;
/** Safeband's own ids have characters of one byte. */
const OURS = 'r'.repeat(128);
const INSTANT = 9_999_999_999_999;
const DAY = 99_999;
const COUNT = 999_999;
/** Text of people and of LinkedIn has at most three bytes of JSON for each UTF-16 unit. */
const text = (units: number): string => '中'.repeat(units);

const taken = (id: string): Fields<SlotRequest> => ({
  reservationId: OURS,
  quotaDay: DAY,
  reservedAt: INSTANT,
  leaseExpiresAt: INSTANT,
  campaignId: OURS,
  recipientId: id,
  journaled: false,
  carriedInto: DAY,
  free: true,
});

/** `idBytes`: the longest id of LinkedIn's that is kept in full. */
export function slotBytes(idBytes: number): number {
  const id = 'i'.repeat(idBytes);
  const slot: Fields<Extract<Slot, { state: 'delivered' }>> = {
    ...taken(id),
    state: 'delivered',
    settledAt: INSTANT,
    chatId: id,
    messageId: id,
    isAdopted: false,
  };
  return bytesOf(slot) + 1;
}

export function externalBytes(idBytes: number): number {
  const id = 'i'.repeat(idBytes);
  const external: Fields<External> = {
    chatId: id,
    messageId: id,
    quotaDay: DAY,
    at: INSTANT,
    isCounted: false,
  };
  return bytesOf(external) + 1;
}

export function effectBytes(): number {
  const effect: Fields<Effect> = { reservationId: OURS, kind: 'not_attempted', day: DAY };
  return bytesOf(effect) + 1;
}

/** The rows that a start reads: a reservation, an attempt, an event. */
export function rowBytes(idBytes: number): {
  readonly reservation: number;
  readonly attempt: number;
  readonly event: number;
} {
  const id = 'i'.repeat(idBytes);
  const reservation: Fields<ReservationRow> = {
    ...taken(id),
    table: 'reservations',
    state: 'delivered',
    settledAt: INSTANT,
    reason: null,
    chatId: id,
    messageId: id,
    isAdopted: false,
    again: undefined, // a start does not read these
    wouldDeny: undefined,
  };
  const attempt: Fields<Attempt> = {
    reservationId: OURS,
    quotaDay: DAY,
    attemptedAt: INSTANT,
    outcome: 'delivered',
    chatId: id,
    messageId: id,
    errorCode: 'not_attempted',
  };
  const event: Fields<EventRow> = {
    table: 'inmail_events',
    reservationId: OURS,
    chatId: id,
    messageId: id,
    source: 'pipeline',
    quotaDay: DAY,
    deliveredAt: INSTANT,
    isCounted: false,
    number: INSTANT,
  };
  return {
    reservation: bytesOf(reservation) + 1,
    attempt: bytesOf(attempt) + 1,
    event: bytesOf(event) + 1,
  };
}

/**
 * All that an account keeps in addition to its lists: the policy, twice with the start object,
 * days, window intervals, hold, cooldowns, and the numbers of saved writes.
 */
function restBytes(max: typeof REST & { readonly days: number }): number {
  const policy = {
    tier: 'sales_navigator',
    dailyCap: COUNT,
    weeklyCap: COUNT,
    ramp: { dailyCaps: Array.from({ length: max.rampSteps }, () => COUNT) },
    sendingWindow: { days: Array.from({ length: 7 }, () => 'mon'), start: '09:00', end: '17:30' },
    timezone: 'z'.repeat(64),
    identity: text(max.foreignUnits),
    creditsRenewOn: COUNT,
    recipientMemoryDays: COUNT,
    recipientScope: 'group',
    pacing: { minGapSeconds: COUNT, jitterPercent: COUNT, perHour: COUNT },
    mode: 'shadow',
    campaigns: Array.from({ length: max.campaigns }, () => ({
      campaignId: OURS,
      dailyCap: COUNT,
      weight: COUNT,
    })),
    velocity: { factor: COUNT, floor: COUNT },
    group: OURS,
    learntCap: true,
  };
  const book: Fields<DayBook> = {
    day: DAY,
    external: COUNT,
    imported: COUNT,
    unexplained: COUNT,
    forgottenDelivered: COUNT,
    forgottenUncertain: COUNT,
    denials: Array.from({ length: max.reasons }, () => ({ reason: 'r'.repeat(20), count: COUNT })),
    late: COUNT,
  };
  const who = { reason: text(max.reasonUnits), actor: text(max.actorUnits), since: INSTANT };
  return (
    2 * bytesOf({ ...policy, actor: text(max.actorUnits), accountId: OURS }) +
    max.days * bytesOf(book) +
    bytesOf(Array.from({ length: max.openings }, () => INSTANT)) +
    bytesOf(who) +
    DENIED_BYTES_MAX +
    VELOCITY_DAYS * bytesOf({ day: DAY, sent: COUNT }) +
    OTHER_BYTES
  );
}
/** Names of fields, numbers, ids of runs, and the columns that a manual edit changed. */
const OTHER_BYTES = 8 * 1024;
const REST = {
  reasons: 17,
  campaigns: CAMPAIGNS_MAX,
  rampSteps: 366,
  openings: 3_000,
  foreignUnits: 512,
  reasonUnits: 512,
  actorUnits: 128,
};

/** Returns the maximum bytes of an account, and of each part that a start reads (R13). */
export function sums(max: {
  readonly slots: number;
  readonly externals: number;
  readonly effects: number;
  readonly idBytes: number;
  readonly days: number;
}): { readonly account: number; readonly readFirst: number; readonly readLog: number } {
  const { slots, externals, effects, idBytes } = max;
  const rest = restBytes({ ...REST, ...max });
  const row = rowBytes(idBytes);
  return {
    account:
      slots * slotBytes(idBytes) +
      externals * externalBytes(idBytes) +
      effects * effectBytes() +
      rest,
    readFirst: slots * row.reservation + (slots + 1) * row.attempt + rest,
    // A slot has a row that names it and one that proves it; all others are external sends.
    readLog: (2 * slots + externals) * row.event,
  };
}
