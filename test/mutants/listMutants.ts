/** What lists are selected and counted by (decision 8): checks on a real database, and mutants. */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { noteOutcome } from '../../src/postgres/fleet/orderWork.js';
import { keepOrder, readOrder } from '../../src/postgres/fleet/orders.js';
import { at } from '../support/scenario.js';
import type { DatabaseCheck } from './desk.js';
import type { Mutant } from './mutant.js';

const countsOfOrder: DatabaseCheck = async (desk) => {
  await desk.begin();
  const { pool, accountId } = desk;
  const orderId = randomBytes(8).toString('hex');
  const others = { all: undefined, group: undefined, tier: undefined, state: undefined };
  const filter = { ...others, cooldown: undefined, accountIds: [accountId] };
  const by = { reason: 'check', actor: 'ada', perSecond: 50, change: null, expected: 1 };
  await keepOrder(pool, { ...by, orderId, kind: 'hold', filter }, null);
  expect(await readOrder(pool, orderId, null)).toMatchObject({ done: 0, left: 1 });
  await noteOutcome(pool, { orderId, accountId, outcome: 'done', error: null });
  expect(await readOrder(pool, orderId, null)).toMatchObject({ done: 1, failed: 0, left: 0 });
};

const endedEntry: DatabaseCheck = async (desk) => {
  const now = at('12:00');
  await desk.begin({}, now);
  await desk.pool.query(
    `insert into safeband.account_list (account_id, state, urgency, sending, counter, logged,
       in_flight, uncertain, remaining, drift, ends_at, as_of)
     values ($1, 'cooldown', 1, 'waits', 0, 0, 0, 0, 0, 0, safeband.at_ms($2), safeband.at_ms($2))`,
    [desk.accountId, now],
  );
  const { accounts } = await desk.build.listAccounts(desk.pool, {
    at: now,
    after: '',
    limit: 5,
    prefix: desk.accountId,
    accounts: [desk.accountId],
    state: 'unverified',
    sending: null,
    isListed: true,
  });
  expect(accounts.map(({ accountId }) => accountId)).toEqual([desk.accountId]);
};

export const LIST_CHECKS = {
  'the counts of an order follow each outcome': countsOfOrder,
  'a list reads the accounts whose entries time has changed': endedEntry,
} satisfies Record<string, DatabaseCheck>;
export type ListCheckName = keyof typeof LIST_CHECKS;

export const LIST_MUTANTS: readonly Mutant<ListCheckName>[] = [
  {
    rule: 'R30',
    what: 'an account with an outcome is still counted as left',
    file: 'migrations/0067_order_retention.sql',
    old: 'as outcome, -1 as n from gone',
    mutated: 'as outcome, 0 as n from gone',
    by: 'the counts of an order follow each outcome',
  },
  {
    rule: 'R17',
    what: 'a list trusts an entry whose time has ended',
    file: 'src/postgres/read/accountPages.ts',
    old: 'ends_at <= safeband.at_ms(${now})',
    mutated: "ends_at <= safeband.at_ms(${now}) - interval '1 day'",
    by: 'a list reads the accounts whose entries time has changed',
  },
];
