/** Simultaneous writers: two starts, an older row after a newer one, a repeated alert (R14). */
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import type { Activities } from '../../../src/activities/ports.js';
import { accountRow } from '../../../src/domain/records/toRecords.js';
import {
  isAccountId,
  isIdentity,
  type AccountId,
  type Identity,
} from '../../../src/domain/primitives/ids.js';
import type { AccountRow, DayRow, Row } from '../../../src/domain/records/records.js';
import { dayOf } from '../../../src/domain/primitives/time.js';
import { lockIdentity } from '../../../src/postgres/save/identities.js';
import { inTransaction, type Pool } from '../../../src/postgres/pool.js';
import { anAccount, at, must, r } from '../../support/scenario.js';
import { withDatabase } from '../../support/database.js';

let pool: Pool;
let activities: Activities;
withDatabase((own) => {
  pool = own;
  activities = createActivities({ pool });
});

const OWNER = 'this chain';
const NINE = at('09:00');
const TODAY = dayOf(NINE);
let accountId: AccountId;
let member: Identity;
let count = 0;
beforeEach(() => {
  accountId = must(isAccountId, `w-${(count += 1)}`);
  member = must(isIdentity, `member-${count}`);
});
const { account } = anAccount().entity;
const rowAt = (version: number, more: Partial<AccountRow> = {}): AccountRow => ({
  ...accountRow({ ...account, policy: { ...account.policy, identity: member } }, version),
  accountId,
  ...more,
});
const claim = (row: AccountRow, found: { owner: string; version: number } | null = null) =>
  activities.claim({ owner: OWNER, found, row });
const other = (): AccountId => must(isAccountId, `${accountId}-other`);
const firstOf = async (sql: string): Promise<unknown> =>
  (await pool.query<Record<string, unknown>>(sql, [accountId])).rows[0];

describe('a claim', () => {
  it('a claim fails unless both the owner and its version are those that the start has read', async () => {
    await claim(rowAt(5));
    const again = (owner: string, version: number) =>
      activities.claim({ owner: 'next', found: { owner, version }, row: rowAt(9) });
    expect(await again(OWNER, 4)).toEqual({ claimed: false });
    expect(await again('somebody', 5)).toEqual({ claimed: false });
    expect(await again(OWNER, 5)).toMatchObject({ claimed: true });
  });

  it.each([
    ['the same member', (): AccountRow => rowAt(1, { accountId: other() })],
    [
      'an id that differs in case',
      (): AccountRow => {
        const upper = must(isAccountId, accountId.toUpperCase());
        return { ...rowAt(1), accountId: upper, policy: { ...account.policy, identity: null } };
      },
    ],
  ])('a claim waits while another start of %s looks for rivals', async (_, row) => {
    let isDone = false;
    const waiting = await inTransaction(pool, async (db) => {
      await lockIdentity(db, row());
      const claimed = claim(rowAt(1)).finally(() => {
        isDone = true;
      });
      await sleep(150); // far longer than a claim without a lock takes
      expect(isDone).toBe(false);
      return { claimed };
    });
    expect(await waiting.claimed).toMatchObject({ claimed: true });
  });

  it.each([
    ['connected, however long ago', 'connected', 400, true],
    ['disconnected six days ago', 'disconnected', 6, true],
    ['disconnected seven days ago', 'disconnected', 7, false],
  ] as const)('a claim finds the same member %s: %s', async (_, state, daysAgo, isRival) => {
    await claim(rowAt(1, { accountId: other(), state, day: TODAY - daysAgo }));
    expect(await claim(rowAt(1))).toEqual({ claimed: true, rivals: isRival ? [other()] : [] });
  });
});

describe('a row under an older number', () => {
  const save = (number: number, row: Row, version: number) =>
    activities.save({
      owner: OWNER,
      row: rowAt(version),
      entries: [{ number, row }],
      isHot: true,
      handled: null,
    });
  const day = (counter: number): DayRow => ({
    table: 'account_days',
    quotaDay: TODAY - 1,
    counter,
    delivered: counter,
    uncertain: 0,
    external: 0,
    imported: 0,
    unexplained: 0,
    denials: {},
    late: 0,
  });
  const slot = (reason: string | null): Row => ({
    table: 'reservations',
    reservationId: r('a'),
    quotaDay: TODAY,
    state: reason === null ? 'in_flight' : 'released',
    campaignId: null,
    recipientId: null,
    reservedAt: NINE,
    leaseExpiresAt: NINE + 1,
    settledAt: reason === null ? null : NINE,
    reason,
    journaled: false,
    chatId: null,
    messageId: null,
    isAdopted: false,
    carriedInto: null,
  });
  beforeEach(() => claim(rowAt(0)));

  it('a row under an older number leaves a newer reservation as it is', async () => {
    await save(7, slot('rejected'), 8);
    await save(3, slot(null), 9);
    expect(
      await firstOf('select state, number::int from safeband.reservations where account_id = $1'),
    ).toEqual({ state: 'released', number: 7 });
  });

  it('a row under an older number leaves a newer closed day as it is', async () => {
    await save(7, day(9), 8);
    await save(3, day(2), 9);
    expect(
      await firstOf('select counter from safeband.account_days where account_id = $1'),
    ).toEqual({ counter: 9 });
  });
});

describe('an alert that is raised again', () => {
  const alert = (times: number): Row => ({
    table: 'alerts',
    kind: 'drift',
    severity: 'warning',
    quotaDay: TODAY,
    details: { times },
    at: NINE,
    times,
  });
  const save = (number: number, times: number) =>
    activities.save({
      owner: OWNER,
      row: rowAt(9),
      isHot: true,
      handled: null,
      entries: [{ number, row: alert(times) }],
    });
  const found = (): Promise<unknown> =>
    firstOf(`select times, (details ->> 'times')::int as newest, resolved_at is null as is_open
               from safeband.alerts where account_id = $1`);
  it('an alert that is raised again counts it, is open again, and ignores repeated and older saves', async () => {
    await claim(rowAt(0));
    await save(3, 2);
    await pool.query('update safeband.alerts set resolved_at = now()');
    await save(3, 2);
    expect(await found()).toEqual({ times: 2, newest: 2, is_open: false });
    await save(5, 4);
    await save(4, 1);
    expect(await found()).toEqual({ times: 6, newest: 4, is_open: true });
  });
});
