/** Groups of accounts (R26): the checks of keys, filters and order, and the mutants that fail them. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { CanSend } from '../../src/domain/wire/canSend.js';
import type { DatabaseCheck, Desk } from './desk.js';
import type { Mutant } from './mutant.js';

/** Adds an account with a group of its own to the account of the desk, which has `group`. */
async function twoGroups({ pool, accountId }: Desk) {
  const names = { group: `g-${accountId}`, other: `o-${accountId}`, foreign: `${accountId}-other` };
  await pool.query(
    `insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
       version, updated_at, group_name)
     select id, 'premium', current_date, 'active', 'o', 1, 1, now(), label
       from unnest($1::text[], $2::text[]) as one (id, label)`,
    [
      [accountId, names.foreign],
      [names.group, names.other],
    ],
  );
  return names;
}

const keyOfGroup: DatabaseCheck = async (desk) => {
  const { group, foreign } = await twoGroups(desk);
  const name = randomUUID();
  const made = await desk.build.makeKey(desk.pool, {
    name,
    role: 'operator',
    groups: [group],
    accounts: ['named'],
  });
  const caller = await desk.build.findKey(desk.pool, made?.key ?? '');
  expect(caller?.accounts?.toSorted()).toEqual([desk.accountId, 'named']);
  await desk.pool.query('update safeband.accounts set group_name = $2 where account_id = $1', [
    foreign,
    group,
  ]);
  const later = await desk.build.findKey(desk.pool, made?.key ?? '');
  expect(later?.accounts?.toSorted()).toEqual([desk.accountId, foreign, 'named'].toSorted());
};

const filter: DatabaseCheck = async (desk) => {
  const { group, foreign } = await twoGroups(desk);
  const read = (accounts: readonly string[] | null) =>
    desk.build.idsOfGroup(desk.pool, { group, accounts });
  expect(await read(null)).toEqual([desk.accountId]);
  expect(await read([foreign])).toEqual([]);
};

const order: DatabaseCheck = async ({ build }) => {
  const can: CanSend = {
    canSend: true,
    reason: null,
    notBefore: null,
    left: 1,
    needsPerson: false,
    until: null,
  };
  const no = { ...can, canSend: false, left: 0 } as const;
  const one = (accountId: string, canSend: CanSend) => ({ accountId, canSend, slots: [] });
  const ordered = build.orderOf([
    one('late', { ...no, reason: 'paced', notBefore: '2026-11-24T10:00:00.000Z' }),
    one('early', { ...no, reason: 'paced', notBefore: '2026-11-24T09:00:00.000Z' }),
    one('held', { ...no, reason: 'held', needsPerson: true }),
    one('less', can),
    one('most', { ...can, left: 9 }),
  ]);
  expect(ordered.map(({ accountId }) => accountId)).toEqual(['most', 'less', 'early', 'late']);
};

const waiting: DatabaseCheck = async (desk) => {
  const { foreign } = await twoGroups(desk);
  await desk.pool.query(
    `insert into safeband.waiting (account_id, reservation_id, state, lease_seconds, journaled, again,
       priority, valid_until, asked_at, reason, number)
     select unnest($1::text[]), 'w', 'waiting', 900, false, false, 5, now(), now(), 'daily_cap', 1`,
    [[desk.accountId, foreign]],
  );
  const asked = { campaignId: null, after: null, limit: 9 };
  const found = await desk.build.pageWaiting(desk.pool, { ...asked, accounts: [foreign] });
  expect(found.map(({ item }) => item.accountId)).toEqual([foreign]);
};

/** More groups than have lines; one of them is larger than the others of this check. */
const largest: DatabaseCheck = async ({ build, pool, accountId }) => {
  await pool.query(
    `insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
       version, updated_at, group_name)
     select $1 || '-of-' || n, 'premium', current_date, 'disconnected', 'o', 1, 1, now(),
            lower($1) || '-' || least(n, 30)
       from generate_series(1, 40) n`,
    [accountId],
  );
  const read = await build.readLargest(pool);
  expect(read).toHaveLength(20);
  expect(read).toContain(`${accountId.toLowerCase()}-30`);
};

export const GROUP_CHECKS = {
  'a key of a group has the accounts whose row has the group now': keyOfGroup,
  'a filter by group adds no account to those that a key may see': filter,
  'a list of asks that wait has those of the named accounts': waiting,
  'metrics have lines for the 20 largest groups': largest,
  'the account of a group with the most slots left is asked first': order,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type GroupCheckName = keyof typeof GROUP_CHECKS;

const KEYS = 'src/postgres/access/keys.ts';
const MEMBERS = 'src/postgres/groups/members.ts';
const ORDER = 'src/domain/diagnostics/canSend/groupOrder.ts';
export const GROUP_MUTANTS: readonly Mutant<GroupCheckName>[] = [
  {
    rule: 'R26',
    what: 'a key of a group sees the accounts of each group',
    file: KEYS,
    old: 'where a.group_name = any(k.groups)',
    mutated: 'where a.group_name is not null',
    by: 'a key of a group has the accounts whose row has the group now',
  },
  {
    rule: 'R26',
    what: 'a key of a group sees only the accounts that it names',
    file: KEYS,
    old: 'case when k.groups is null then to_jsonb(k.accounts)',
    mutated: 'case when true then to_jsonb(k.accounts)',
    by: 'a key of a group has the accounts whose row has the group now',
  },
  {
    rule: 'R26',
    what: 'a filter by group shows all accounts of the group to each key',
    file: MEMBERS,
    old: 'return members.filter((id) => seen.has(id));',
    mutated: 'void seen;\n  return members;',
    by: 'a filter by group adds no account to those that a key may see',
  },
  {
    rule: 'R26',
    what: 'the asks that wait in all accounts are listed for each key',
    file: 'src/postgres/read/waiting.ts',
    old: 'or w.account_id = any($1))',
    mutated: 'or true)',
    by: 'a list of asks that wait has those of the named accounts',
  },
  {
    rule: 'R26',
    what: 'each group has a line in metrics',
    file: MEMBERS,
    old: 'group_name limit ${GROUPS_SHOWN}`',
    mutated: 'group_name limit ${GROUPS_SHOWN * 1_000}`',
    by: 'metrics have lines for the 20 largest groups',
  },
  {
    rule: 'R26',
    what: 'metrics have lines for the smallest groups',
    file: MEMBERS,
    old: 'order by count(*) desc, group_name',
    mutated: 'order by count(*), group_name',
    by: 'metrics have lines for the 20 largest groups',
  },
  {
    rule: 'R26',
    what: 'the account of a group with the fewest slots left is asked first',
    file: ORDER,
    old: 'b.canSend.left - a.canSend.left',
    mutated: 'a.canSend.left - b.canSend.left',
    by: 'the account of a group with the most slots left is asked first',
  },
  {
    rule: 'R26',
    what: 'an account of a group that needs a person is asked',
    file: ORDER,
    old: '.filter(({ canSend }) => !canSend.needsPerson)',
    mutated: '.filter(() => true)',
    by: 'the account of a group with the most slots left is asked first',
  },
];
