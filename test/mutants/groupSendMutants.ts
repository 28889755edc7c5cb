/** Asks of a group (R31): the checks of its rows and of its walk, and the mutants that fail them. */
import { expect } from 'vitest';
import type { GroupDesk } from '../../src/postgres/groups/desk.js';
import type { DatabaseCheck, Desk } from './desk.js';
import type { Mutant } from './mutant.js';

const asksAt = ({ accountId }: Desk) => {
  const group = accountId.toLowerCase();
  return (reservationId: string) => ({ group, reservationId, recipientId: 'ACoAAB1' });
};

const oneHolds: DatabaseCheck = async (desk) => {
  const [rows, ask] = [desk.build.pgGroupDesk(desk.pool), asksAt(desk)];
  expect(await rows.hold(ask('a'))).toMatchObject({ held: true });
  expect(await rows.hold(ask('b'))).toMatchObject({ held: false, heldBy: 'a' });
  expect(await rows.hold(ask('a'))).toMatchObject({ held: true });
};

const lostHold: DatabaseCheck = async (desk) => {
  const [rows, ask] = [desk.build.pgGroupDesk(desk.pool), asksAt(desk)];
  await rows.hold(ask('a'));
  await rows.place(ask('a'), null, 'slow');
  await desk.pool.query(
    `update safeband.group_recipients set held_until = clock_timestamp() - interval '1 ms'
      where group_name = $1`,
    [ask('a').group],
  );
  expect(await rows.hold(ask('b'))).toMatchObject({ held: true });
  await rows.place(ask('b'), null, 'fast');
  expect(await rows.confirm(ask('b'), 'fast')).toEqual({ state: 'granted', accountId: 'fast' });
  expect(await rows.confirm(ask('a'), 'slow')).toMatchObject({ state: 'given_back' });
};

const firstGrant: DatabaseCheck = async (desk) => {
  const [rows, ask] = [desk.build.pgGroupDesk(desk.pool), asksAt(desk)];
  const alone = { ...ask('a'), recipientId: null };
  await rows.place(alone, null, 'first');
  expect(await rows.confirm(alone, 'first')).toEqual({ state: 'granted', accountId: 'first' });
  expect(await rows.confirm(alone, 'second')).toEqual({ state: 'granted', accountId: 'first' });
  expect(await rows.place(alone, 'first', 'second')).toBe(false);
};

const silence: DatabaseCheck = async ({ build }) => {
  const asked: string[] = [];
  const never = async (): Promise<never> => {
    throw new Error('it is not called');
  };
  const rows: GroupDesk = {
    readPlace: async () => undefined,
    order: async () => ({
      asks: ['anna', 'ben'].map((accountId) => ({ accountId, reason: null, notBefore: null })),
      stopped: [],
    }),
    hold: async () => ({ held: true, granted: null, contacts: [] }),
    place: async () => true,
    confirm: never,
    leave: never,
  };
  const accounts = {
    reserve: async (accountId: string): Promise<never> => {
      asked.push(accountId);
      throw new Error('no answer');
    },
    failed: never,
    status: never,
    nextSlots: never,
  };
  const walk = new build.GroupAsking(accounts, rows).reserve('eu', { reservationId: 'a' });
  await expect(walk).rejects.toMatchObject({ type: 'Unavailable' });
  expect(asked).toEqual(['anna']);
};

const stays: DatabaseCheck = async ({ build }) => {
  const contact = { accountId: 'ben', isMember: true, reservationId: 'a', until: 1 };
  const route = build.routeOf({
    order: ['anna', 'ben'],
    placed: null,
    granted: null,
    contacts: [contact],
    again: false,
    at: 2,
  });
  expect(route).toMatchObject({ asks: ['ben'] });
};

export const GROUP_SEND_CHECKS = {
  'a recipient is held for one ask of a group at a time': oneHolds,
  'a late grant of an ask that lost its recipient is given back': lostHold,
  'the grant that is written first is the one of its id': firstGrant,
  'no other account is asked after one that did not answer': silence,
  'a recipient stays with the account that has contacted them': stays,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type GroupSendCheckName = keyof typeof GROUP_SEND_CHECKS;

const MIGRATION = 'migrations/0057_group_sends.sql';
export const GROUP_SEND_MUTANTS: readonly Mutant<GroupSendCheckName>[] = [
  {
    rule: 'R31',
    what: 'each ask of a group takes the recipient from the one before',
    file: 'src/postgres/groups/desk.ts',
    old: 'where c.held_by is null or c.held_by = excluded.held_by',
    mutated: 'where c.held_by is not null or c.held_by = excluded.held_by',
    by: 'a recipient is held for one ask of a group at a time',
  },
  {
    rule: 'R31',
    what: 'a grant of a group counts also for an ask that lost its recipient',
    file: MIGRATION,
    old: 'and c.held_by = of_reservation',
    mutated: 'and of_reservation is not null',
    by: 'a late grant of an ask that lost its recipient is given back',
  },
  {
    rule: 'R31',
    what: 'the last grant of an id in a group replaces the first one',
    file: MIGRATION,
    old: "if place.state = 'asking' then",
    mutated: "if place.state <> 'given_back' then",
    by: 'the grant that is written first is the one of its id',
  },
  {
    rule: 'R31',
    what: 'an account that does not answer counts as one that denies',
    file: 'src/client/group/groupAsking.ts',
    old: 'if (isUnknownAccount(error)) {',
    mutated: 'if (isUnknownAccount(error) || true) {',
    by: 'no other account is asked after one that did not answer',
  },
  {
    rule: 'R31',
    what: 'a recipient whom the account has forgotten goes to any account of the group',
    file: 'src/domain/fleet/groupAsk.ts',
    old: 'const ofMembers = contacts.filter',
    mutated: 'const ofMembers = standing.filter',
    by: 'a recipient stays with the account that has contacted them',
  },
];
