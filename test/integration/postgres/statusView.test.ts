/**
 * `account_status_at` works out state and caps in SQL, for people who read the view. On random rows
 * it has the same state, caps and numbers as the status that the domain makes of these rows (R17).
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import { MIDNIGHT_SPREAD_MS, rollLatestMs } from '../../../src/domain/primitives/midnight.js';
import { SAFE_BAND, type Tier } from '../../../src/domain/primitives/tier.js';
import { isAccountId } from '../../../src/domain/primitives/ids.js';
import {
  DAY_MS,
  HOUR_MS,
  isoDay,
  isoInstant,
  startOf,
} from '../../../src/domain/primitives/time.js';
import { accountRow } from '../../../src/domain/records/toRecords.js';
import type { Pool } from '../../../src/postgres/pool.js';
import { capsOf, readStatus } from '../../../src/postgres/read/reads.js';
import { readStatusWith } from '../../../src/status/readStatus.js';
import { anAccount, must } from '../../support/scenario.js';
import { distantPool } from '../../support/stand.js';

const RUNS = 300;
const TIERS: readonly Tier[] = ['free', 'premium', 'sales_navigator', 'recruiter'];
const SLOTS = ['in_flight', 'uncertain', 'delivered', 'released'] as const;

let close: () => Promise<void>;
let pool: Pool;
beforeAll(async () => {
  ({ pool, close } = await distantPool());
});
afterAll(() => close());

const orNull = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(values, { nil: null });
const ROLL_LATEST_MS = rollLatestMs(MIDNIGHT_SPREAD_MS);
const NOON = 12 * HOUR_MS;
/** From the midnight before the row was written. A reset until 00:02 counts as one of 00:00. */
const READ_AT = [
  NOON,
  DAY_MS - 1,
  DAY_MS,
  DAY_MS + ROLL_LATEST_MS,
  DAY_MS + ROLL_LATEST_MS + 1,
  DAY_MS + NOON,
  3 * DAY_MS + NOON,
  9 * DAY_MS + 1,
];
/** Hours from the instant of the read; an end at 0 has just come. */
const end = orNull(fc.integer({ min: -2, max: 30 }));
const closedDay = fc.record({ external: fc.nat(20), imported: fc.nat(9), unexplained: fc.nat(60) });
const someRows = fc.record({
  tier: fc.constantFrom(...TIERS),
  dailyCap: orNull(fc.nat(60)),
  weeklyCap: orNull(fc.nat(260)),
  ramp: orNull(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 })),
  rampDay: fc.integer({ min: 1, max: 5 }),
  isDisconnected: fc.boolean(),
  isHeld: fc.boolean(),
  breaker: end,
  cooldown: end,
  slots: fc.array(fc.constantFrom(...SLOTS), { maxLength: 12 }),
  carried: fc.array(fc.constantFrom(...SLOTS), { maxLength: 4 }),
  external: fc.nat(5),
  imported: fc.nat(5),
  unexplained: fc.nat(5),
  excess: fc.nat(90),
  week: fc.array(closedDay, { minLength: 6, maxLength: 6 }),
  creditsRenewOn: orNull(fc.integer({ min: 1, max: 31 })),
  recipientMemoryDays: orNull(fc.integer({ min: 1, max: 365 })),
  velocity: orNull(
    fc.record({
      factor: fc.constantFrom(1, 1.15, 2, 9.99),
      floor: fc.integer({ min: 1, max: 50 }),
    }),
  ),
  learntCap: fc.boolean(),
  isGroupScope: fc.boolean(),
  /** A learnt ceiling, and after how many days from the row's day it can grow. */
  learnt: orNull(
    fc.record({
      cap: fc.integer({ min: 1, max: 50 }),
      heldDays: fc.integer({ min: -1, max: 1 }),
    }),
  ),
  /** Sends of some days before the week, the nearest one last. */
  older: fc.array(fc.nat(9), { maxLength: 5 }),
  pacing: orNull(
    fc.record({
      minGapSeconds: fc.constantFrom(1, 3_600, 86_400),
      jitterPercent: fc.constantFrom(0, 50),
      perHour: fc.constantFrom(null, 1, 3),
    }),
  ),
  /** Manual edits of the row's numbers after its save, up and down. */
  edits: fc.record(
    {
      inmails_sent_today: fc.nat(110),
      in_flight: fc.nat(9),
      uncertain: fc.nat(9),
      carried: fc.nat(9),
      external: fc.nat(9),
      imported: fc.nat(9),
      unexplained: fc.nat(60),
      daily_cap: fc.nat(60),
      state: fc.constantFrom('active', 'cooldown', 'held', 'unverified', 'disconnected'),
    },
    { requiredKeys: [] },
  ),
  /** Rows of the event log of that day: by us without a reservation that is known, and external. */
  logged: fc.record({ byUs: fc.nat(9), external: fc.nat(9) }),
  /** The highest cap of the day, and the counter of its last cooldown (R8). */
  highestCap: fc.nat(50),
  cooledAtCounter: orNull(fc.nat(60)),
  /** Null: no reconcile has run yet. */
  checked: fc.constantFrom('run', 'run', 'run', null),
  /** Read on that day, or on a later day before the reset is written. */
  readAt: fc.constantFrom(...READ_AT),
});
type Some = typeof someRows extends fc.Arbitrary<infer T> ? T : never;

const spent = (slots: Some['slots']): number =>
  slots.filter((state) => state !== 'released').length;
const count = (slots: Some['slots'], state: string): number =>
  slots.filter((one) => one === state).length;

/** The ceiling as the account writes it: a delivery of the row's day makes a clean day (R25). */
function learntOf({ learnt, slots, tier }: Some, day: number) {
  if (learnt === null) return {};
  const { cap, heldDays } = learnt;
  const isGrowing = heldDays <= 0 && slots.includes('delivered');
  const grown = Math.max(cap + 1, Math.floor(cap * 1.1 + 1e-9));
  const next = isGrowing ? (grown < SAFE_BAND[tier] ? grown : null) : cap;
  return { learnt: { cap, until: day + heldDays, next } };
}

let accounts = 0;
/** Writes the rows; returns the account and the instant at which they are read. */
async function written(some: Some): Promise<{ readonly id: string; readonly now: number }> {
  const accountId = must(isAccountId, `view-${(accounts += 1)}`);
  const { account } = anAccount({ accountId }).entity;
  const { day } = account;
  const writtenAt = startOf(day) + NOON;
  const now = startOf(day) + some.readAt;
  const at = (hours: number | null): number | null =>
    hours === null ? null : now + hours * HOUR_MS;
  const row = accountRow(account, 0);
  const until = at(some.cooldown);
  const { external, imported, unexplained, slots, carried, logged } = some;
  const sendsOf = (n: number): number => {
    const closed = some.week[n] ?? { external: 0, imported: 0, unexplained: 0 };
    const ofSlots = n === 0 ? spent(carried) : 0;
    return closed.external + closed.imported + closed.unexplained + ofSlots;
  };
  const sentDays = [
    ...some.older.map((sent, n) => ({ day: day - 7 - 4 * (some.older.length - 1 - n), sent })),
    ...some.week.map((_, n) => ({ day: day - 6 + n, sent: sendsOf(5 - n) })),
  ].filter(({ sent }) => sent > 0);
  const isEarned = slots.includes('delivered') && some.rampDay <= (some.ramp?.length ?? 0);
  await createActivities({ pool }).claim({
    owner: 'chain',
    found: null,
    row: {
      ...row,
      policy: {
        ...row.policy,
        tier: some.tier,
        dailyCap: some.dailyCap,
        weeklyCap: some.weeklyCap,
        ramp: some.ramp && { dailyCaps: some.ramp },
        ...(some.creditsRenewOn === null ? {} : { creditsRenewOn: some.creditsRenewOn }),
        ...(some.pacing === null ? {} : { pacing: some.pacing }),
        ...(some.recipientMemoryDays === null
          ? {}
          : { recipientMemoryDays: some.recipientMemoryDays }),
        ...(some.velocity === null ? {} : { velocity: some.velocity }),
        ...(some.learntCap ? { learntCap: true } : {}),
        ...(some.isGroupScope ? { recipientScope: 'group' } : {}),
      },
      ...(some.velocity === null ? {} : { sentDays }),
      ...learntOf(some, day),
      highestCap: some.highestCap,
      cooledAtCounter: some.cooledAtCounter ?? 0,
      rampDay: some.rampDay,
      rampDayNext: some.rampDay + (isEarned ? 1 : 0),
      state: some.isDisconnected ? 'disconnected' : 'connected',
      hold: some.isHeld ? { reason: 'asked', actor: 'ada', since: now - HOUR_MS } : null,
      breakerUntil: at(some.breaker),
      cooldowns: until === null ? [] : [{ until, cause: 'throttled' }],
      counter: spent(slots) + external + imported + unexplained + some.excess,
      inFlight: count(slots, 'in_flight'),
      uncertain: count(slots, 'uncertain'),
      carried: spent(carried),
      external,
      imported,
      unexplained,
    },
  });
  /** Inserts a slot; the lease of every second one continues over midnight. */
  const insert = (
    state: string,
    n: number,
    { name, quotaDay, carriedInto }: { name: string; quotaDay: string; carriedInto: string | null },
  ) =>
    pool.query(
      `insert into safeband.reservations (account_id, reservation_id, quota_day, state, reserved_at,
         lease_expires_at, settled_at, chat_id, reason, carried_into, number)
       values ($1, $2::text, $3::date, $4::text, $5::timestamptz, $6::timestamptz,
         case when $4::text <> 'in_flight' then $5::timestamptz end,
         case when $4::text = 'delivered' then $2::text end,
         case when $4::text in ('uncertain', 'released') then 'unknown' end, $7::date, 1)`,
      [
        accountId,
        `${name}${n}`,
        quotaDay,
        state,
        isoInstant(writtenAt - HOUR_MS),
        isoInstant(writtenAt + (n % 2 === 0 ? HOUR_MS : 13 * HOUR_MS)),
        carriedInto,
      ],
    );
  const today = isoDay(day);
  for (const [n, state] of slots.entries()) {
    await insert(state, n, { name: 's', quotaDay: today, carriedInto: null });
  }
  for (const [n, state] of carried.entries()) {
    const carriedInto = state === 'released' ? null : today;
    await insert(state, n, { name: 'c', quotaDay: isoDay(day - 1), carriedInto });
  }
  await pool.query(
    `insert into safeband.inmail_events (account_id, reservation_id, chat_id, source, quota_day,
       delivered_at)
     select $1, case when n <= $2 then 'logged' || n end, 'chat' || n,
            case when n <= $2 then 'pipeline' else 'external' end, $4::date, $5::timestamptz
       from generate_series(1, $2::int + $3::int) n`,
    [accountId, logged.byUs, logged.external, today, isoInstant(writtenAt)],
  );
  for (const [n, closed] of some.week.entries()) {
    await pool.query(
      `insert into safeband.account_days (account_id, quota_day, counter, delivered, uncertain,
         external, imported, unexplained, denials, late, number)
       values ($1, $2::date, $3, 0, 0, $4, $5, $6, '{}', 0, 1)`,
      [
        accountId,
        isoDay(day - 1 - n),
        sendsOf(n),
        closed.external,
        closed.imported,
        closed.unexplained,
      ],
    );
  }
  if (some.checked !== null) {
    await pool.query(`update safeband.accounts set last_checked_at = $2 where account_id = $1`, [
      accountId,
      isoInstant(writtenAt),
    ]);
  }
  for (const [column, value] of Object.entries(some.edits)) {
    await pool.query(`update safeband.accounts set ${column} = $2 where account_id = $1`, [
      accountId,
      value,
    ]);
  }
  return { id: accountId, now };
}

/** Reads the day of the renewal, which the view has for people who use SQL. */
async function renewalOf(id: string): Promise<object | undefined> {
  const { rows } = await pool.query<object>(
    'select credits_renew_on from safeband.account_status where account_id = $1',
    [id],
  );
  return rows[0];
}

it('the view has the state, caps and numbers that the domain computes from the same rows', async () => {
  const property = fc.asyncProperty(someRows, async (some) => {
    const { id, now } = await written(some);
    const view = await readStatus(pool, id, now);
    const status = await readStatusWith(pool, id, { why: 'away', message: '' }, now);
    if (!view || !status) throw new Error('the account was not written');
    const { cooldown, hold, breakerUntil, drift } = view;
    expect({
      state: view.state,
      tier: view.tier,
      quotaDay: isoDay(view.day),
      counter: view.counter,
      inFlight: view.inFlight,
      uncertain: view.uncertain,
      imported: view.imported,
      unexplained: view.unexplained,
      carried: view.carried,
      drift,
      remaining: view.remaining,
      weekUsed: view.weekUsed,
      caps: capsOf(view),
      rampDay: view.rampDay,
      isHeld: hold !== null,
      canSend: { ...view.canSend, line: status.canSend.line },
      cooldown: cooldown && { ...cooldown, until: isoInstant(cooldown.until) },
      breakerUntil: breakerUntil === null ? null : isoInstant(breakerUntil),
      ...(await renewalOf(id)),
    }).toEqual({
      state: status.state,
      tier: status.tier,
      quotaDay: status.quotaDay,
      counter: status.counter,
      inFlight: status.inFlight,
      uncertain: status.uncertain,
      imported: status.imported,
      unexplained: status.unexplained,
      carried: status.carried,
      drift: status.eventLog?.drift,
      remaining: status.remaining,
      weekUsed: status.weekUsed,
      caps: status.caps,
      rampDay: status.rampDay,
      isHeld: status.hold !== null,
      canSend: status.canSend,
      cooldown: status.cooldown,
      breakerUntil: status.breakerUntil,
      credits_renew_on: some.creditsRenewOn,
    });
  });
  await fc.assert(property, { numRuns: RUNS });
});
