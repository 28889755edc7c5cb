/**
 * What is for many accounts at once: the policy and the webhooks of a group (R26), the brake (R27)
 * and orders (R30). The checks, and the mutants that fail them.
 */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import type { Answer } from '../../src/client/reserving.js';
import type { BrakeState } from '../../src/domain/fleet/brake.js';
import { parseOrderRequest } from '../../src/domain/fleet/order.js';
import type { DatabaseCheck, Desk } from './desk.js';
import type { Mutant } from './mutant.js';

const newId = (): string => randomBytes(8).toString('hex');
const defaults: DatabaseCheck = async ({ build }) => {
  const group = { dailyCap: 30, timezone: 'Europe/Berlin' };
  expect(build.withDefaults({ tier: 'premium', timezone: 'UTC' }, group)).toEqual({
    tier: 'premium',
    timezone: 'UTC',
    dailyCap: 25,
  });
};

/** Reads which events of webhooks an endpoint of the group `own-…` gets of those that `work` writes. */
async function gotBy(desk: Desk, own: string, work: () => Promise<unknown>) {
  const { pool } = desk;
  const endpointId = `whe_${newId()}${newId()}`;
  const { rows } = await pool.query<{ position: number }>(
    `insert into safeband.webhook_endpoints
       (endpoint_id, url, events, groups, secrets, position, created_at, changed_by)
     select $1, 'https://example.com', '{account.held, brake.engaged}', array[$2], '[]',
       case when is_called then last_value else 0 end, now(), 'a test'
       from safeband.webhook_positions returning position::int`,
    [endpointId, own],
  );
  await work();
  await pool.query(`update safeband.webhook_events
    set position = nextval('safeband.webhook_positions') where position is null`);
  const { events } = await desk.build.readWindow(pool, {
    endpointId,
    position: rows[0]?.position ?? 0,
  });
  await pool.query('delete from safeband.webhook_endpoints where endpoint_id = $1', [endpointId]);
  return events;
}

const groupsOf = ({ accountId }: Desk) => [`own-${accountId}`, `other-${accountId}`] as const;

const ofAccounts: DatabaseCheck = async (desk) => {
  const [own, other] = groupsOf(desk);
  const ids = [desk.accountId, `${desk.accountId}-2`];
  const got = await gotBy(desk, own, async () => {
    await desk.pool.query(
      `insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
         version, updated_at, group_name)
       select id, 'premium', current_date, 'active', 'o', 1, 1, now(), label
         from unnest($1::text[], $2::text[]) as one (id, label)`,
      [ids, [own, other]],
    );
    const raise = `select safeband.tell_webhook(id, 'account.held', 'k', now(), '{}')
      from unnest($1::text[]) as one (id)`;
    await desk.pool.query(raise, [ids]);
  });
  const held = got.filter(({ type }) => type === 'account.held');
  expect(held.map(({ accountId, group }) => [accountId, group])).toEqual([[desk.accountId, own]]);
};

const ofBrakes: DatabaseCheck = async (desk) => {
  const [own, other] = groupsOf(desk);
  const ids = [newId(), newId(), newId()];
  const got = await gotBy(desk, own, () =>
    desk.pool.query(
      `insert into safeband.brakes (brake_id, group_name, engaged_at, engaged_by, engaged_reason)
       select id, label, now(), 'ada', 'wrong texts'
         from unnest($1::text[], $2::text[]) with ordinality as one (id, label, n) order by n`,
      [ids, [null, own, other]],
    ),
  );
  const brakes = got.filter(({ data }) => ids.includes(String(data['brakeId'])));
  expect(new Set(brakes.map(({ group }) => group))).toEqual(new Set([null, own]));
};

const ON: BrakeState = [
  { brakeId: '5f0c9a1d2e3b4c6d', group: null, since: '2026-11-24T14:03:00.000Z' },
];
/** A client whose brake is off at its first read, and on at each later one. */
function braking({ build }: Desk) {
  const clock = { now: 1_000_000, reads: 0 };
  const never = async (): Promise<never> => {
    throw new Error('it is not called');
  };
  const read = async (): Promise<BrakeState> => ((clock.reads += 1) === 1 ? [] : ON);
  const transport = { read, engage: never, release: never };
  return { clock, brake: new build.Brake(transport, { now: () => clock.now }) };
}

const oldAnswer: DatabaseCheck = async (desk) => {
  const { clock, brake } = braking(desk);
  expect(await brake.holds('a', clock.now + 5_000)).toBe(false);
  clock.now += 1_500;
  expect(await brake.holds('a', clock.now + 5_000)).toBe(true);
};

const lateGrant: DatabaseCheck = async (desk) => {
  const { clock, brake } = braking(desk);
  const grant: Answer = {
    granted: true,
    reservationId: 'r',
    quotaDay: '2026-11-24',
    leaseExpiresAt: '2026-11-24T14:18:00.000Z',
    remainingToday: 9,
    repeated: false,
  };
  const ask = async (): Promise<Answer> => {
    clock.now += 1_500;
    return grant;
  };
  const parts = { brake, denials: new desk.build.Denials(0), reserving: { ask } };
  const asked = new desk.build.Asking(parts).ask('a', { reservationId: 'r' }, clock.now + 5_000);
  expect(await asked).toMatchObject({ granted: false, reason: 'fleet_held' });
};

/** The order that holds the group of the desk, whose accounts are `count`, one of them gone. */
async function groupOf({ pool, accountId }: Desk, count: number) {
  const group = `order-${accountId}`;
  await pool.query(
    `insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
       version, updated_at, group_name)
     select $1 || '-' || n, 'premium', current_date,
       case when n = 0 then 'disconnected' else 'active' end, 'o', 1, 1, now(), $2
       from generate_series(0, $3::int) n`,
    [accountId, group, count],
  );
  const raw = { kind: 'hold', filter: { group }, reason: 'incident 7', actor: 'ada' };
  const parsed = parseOrderRequest(raw, 'strict', 0);
  if (!parsed.ok) throw new Error(parsed.message);
  const { expected: _, ...order } = parsed.value;
  return { group, order };
}

const expectedOnly: DatabaseCheck = async (desk) => {
  const { order } = await groupOf(desk, 2);
  const [wrong, right] = [newId(), newId()];
  const keep = (orderId: string, expected: number) =>
    desk.build.keepOrder(desk.pool, { ...order, orderId, expected }, null);
  const kept = async () =>
    (
      await desk.pool.query('select from safeband.orders where order_id = any($1)', [
        [wrong, right],
      ])
    ).rowCount;
  expect([await keep(wrong, 1), await kept()]).toEqual([2, 0]);
  expect([await keep(right, 2), await kept()]).toEqual([2, 1]);
};

const chosen: DatabaseCheck = async (desk) => {
  const { group } = await groupOf(desk, 2);
  const filter = { ...NO_FILTER, group };
  const ids = async (accounts: readonly string[] | null) =>
    (await desk.build.previewOrder(desk.pool, { kind: 'hold', filter, accounts })).accounts;
  expect(await ids(null)).toEqual([1, 2].map((n) => `${desk.accountId}-${n}`));
  expect(await ids([`${desk.accountId}-2`, 'another'])).toEqual([`${desk.accountId}-2`]);
};
const NO_FILTER = {
  all: undefined,
  group: undefined,
  tier: undefined,
  state: undefined,
  cooldown: undefined,
  accountIds: undefined,
};

const takenBack: DatabaseCheck = async (desk) => {
  const { order } = await groupOf(desk, 2);
  const [orderId, back] = [newId(), newId()];
  await desk.build.keepOrder(desk.pool, { ...order, orderId, expected: 2 }, null);
  await desk.pool.query(
    `update safeband.order_accounts set decided_at = now(),
       outcome = case when account_id = $2 then 'done' else 'unchanged' end where order_id = $1`,
    [orderId, `${desk.accountId}-1`],
  );
  const by = { reason: 'over', actor: 'ada', perSecond: 50 };
  await desk.build.keepTakeBack(desk.pool, { orderId: back, takesBack: orderId, ...by });
  const sql = 'select account_id as id from safeband.order_accounts where order_id = $1';
  const { rows } = await desk.pool.query(sql, [back]);
  expect(rows).toEqual([{ id: `${desk.accountId}-1` }]);
};

export const MANY_CHECKS = {
  'a connect keeps what it names, and no default of its group is above the safe band': defaults,
  'an endpoint of a group gets the events of the accounts of its group': ofAccounts,
  'an endpoint of a group gets the brake of all accounts and that of its group': ofBrakes,
  'a client uses an answer about the brake for at most 1.5 s': oldAnswer,
  'a grant that comes while the brake is on is kept back': lateGrant,
  'an order is kept only for the number of accounts of its preview': expectedOnly,
  'an order chooses connected accounts that its key may see': chosen,
  'an order that is taken back resumes only what it has held': takenBack,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type ManyCheckName = keyof typeof MANY_CHECKS;

const DEFAULTS = 'src/domain/commands/groupDefaults.ts';
const BRAKE_EVENTS = 'migrations/0070_brake_events.sql';
const ORDERS = 'src/postgres/fleet/orders.ts';
const PREVIEW = 'src/postgres/fleet/orderPreview.ts';
export const MANY_MUTANTS: readonly Mutant<ManyCheckName>[] = [
  {
    rule: 'R26',
    what: 'the policy of a group replaces what a connect names',
    file: DEFAULTS,
    old: '([name]) => !named.has(name)',
    mutated: '([name]) => !named.has(name) || true',
    by: 'a connect keeps what it names, and no default of its group is above the safe band',
  },
  {
    rule: 'R26',
    what: 'a cap of the policy of a group is above the safe band of a tier',
    file: DEFAULTS,
    old: 'dailyCap: Math.min(dailyCap, band)',
    mutated: 'dailyCap',
    by: 'a connect keeps what it names, and no default of its group is above the safe band',
  },
  {
    rule: 'R26',
    what: 'an endpoint of a group gets the events of accounts of each group',
    file: 'migrations/0049_group_access.sql',
    old: 'where a.account_id = account and a.group_name = any(w.groups))',
    mutated: 'where a.account_id = account)',
    by: 'an endpoint of a group gets the events of the accounts of its group',
  },
  {
    rule: 'R27',
    what: 'an endpoint of a group gets the brake of each group',
    file: BRAKE_EVENTS,
    old: 'coalesce(of_group = any(w.groups), false)',
    mutated: 'w.groups is not null',
    by: 'an endpoint of a group gets the brake of all accounts and that of its group',
  },
  {
    rule: 'R27',
    what: 'an endpoint of a group does not get the brake of all accounts',
    file: BRAKE_EVENTS,
    old: 'select of_group is null\n',
    mutated: 'select false\n',
    by: 'an endpoint of a group gets the brake of all accounts and that of its group',
  },
  {
    rule: 'R27',
    what: 'an answer about the brake is used until another one comes',
    file: 'src/client/brake/brake.ts',
    old: 'if (known && this.#now() - known.at < FRESH_MS) {',
    mutated: 'if (known) {',
    by: 'a client uses an answer about the brake for at most 1.5 s',
  },
  {
    rule: 'R27',
    what: 'a grant that comes while the brake is on is handed to its caller',
    file: 'src/client/brake/asking.ts',
    old: 'deadline)) return fleetHeld(grant.reservationId);',
    mutated: 'deadline)) void fleetHeld;',
    by: 'a grant that comes while the brake is on is kept back',
  },
  {
    rule: 'R30',
    what: 'an order is kept for another number of accounts than that of its preview',
    file: ORDERS,
    old: 'if (rowCount !== expected) throw',
    mutated: 'if (rowCount === null) throw',
    by: 'an order is kept only for the number of accounts of its preview',
  },
  {
    rule: 'R30',
    what: 'an order chooses disconnected accounts, too',
    file: PREVIEW,
    old: "is null then a.state <> 'disconnected' else",
    mutated: 'is null then true else',
    by: 'an order chooses connected accounts that its key may see',
  },
  {
    rule: 'R30',
    what: 'an order chooses accounts that its key may not see',
    file: PREVIEW,
    old: '($1::text[] is null or a.account_id = any($1))',
    mutated: '($1::text[] is null or true)',
    by: 'an order chooses connected accounts that its key may see',
  },
  {
    rule: 'R30',
    what: 'an order that is taken back resumes accounts that it has not held',
    file: ORDERS,
    old: "where order_id = $2 and outcome = 'done' and exists (",
    mutated: 'where order_id = $2 and exists (',
    by: 'an order that is taken back resumes only what it has held',
  },
];
