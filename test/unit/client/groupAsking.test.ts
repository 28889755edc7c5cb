/** How an ask goes from account to account, and what a lost answer leaves behind (R31). */
import { expect, it } from 'vitest';
import { GroupAsking } from '../../../src/client/group/groupAsking.js';
import { SafebandError } from '../../../src/client/errors.js';
import type { Place } from '../../../src/domain/fleet/groupPlace.js';
import type { GroupDesk } from '../../../src/postgres/groups/desk.js';
import type { CallerDecisionWire } from '../../../src/domain/fleet/fleetHeld.js';
import type { DenialReason } from '../../../src/domain/gate/reasons.js';

type Answer = DenialReason | 'fleet_held' | 'grant' | SafebandError;
const NOON = Date.parse('2026-11-24T12:00:00Z');
const silence = new SafebandError('Unavailable', 'no answer');

/** No test of this file reads an account. */
const unread = {
  status: () => Promise.reject(new Error('no account is read')),
  nextSlots: () => Promise.reject(new Error('no account is read')),
};

/**
 * Three accounts with their next answers, and the rows of `group_reserves` for one id. Each answer
 * takes `tookMs`.
 */
function aGroup(answers: Readonly<Record<string, readonly Answer[]>>, tookMs = 0) {
  let now = NOON;
  const asked: string[] = [];
  const givenBack: string[] = [];
  const left: (string | null)[] = [];
  const rows: { place: Omit<Place, 'isMember'> | undefined } = { place: undefined };
  const desk: GroupDesk = {
    readPlace: async () => rows.place && { ...rows.place, isMember: true },
    order: async () => ({
      asks: Object.keys(answers).map((accountId) => ({
        accountId,
        reason: null,
        notBefore: null,
      })),
      stopped: [],
    }),
    hold: async () => ({ held: true, granted: null, contacts: [] }),
    place: async (_, from, accountId) => {
      if ((rows.place?.accountId ?? null) !== from) return false;
      rows.place = { accountId, state: 'asking' };
      return true;
    },
    confirm: async (_, accountId) => {
      if (rows.place?.state === 'asking') rows.place = { accountId, state: 'granted' };
      return rows.place ?? { accountId, state: 'granted' };
    },
    leave: async (_, accountId) => {
      left.push(accountId);
      if (accountId !== null && rows.place?.accountId === accountId) rows.place = undefined;
    },
  };
  const next = new Map(Object.entries(answers).map(([name, list]) => [name, [...list]]));
  const reserve = async (accountId: string): Promise<CallerDecisionWire> => {
    asked.push(accountId);
    now += tookMs;
    const answer = next.get(accountId)?.shift();
    if (answer === undefined) throw new Error(`${accountId} is not asked so often`);
    if (answer instanceof SafebandError) throw answer;
    if (answer === 'fleet_held') {
      return { granted: false, reservationId: 'r', reason: answer, retryAt: null };
    }
    if (answer !== 'grant') {
      return { granted: false, reservationId: 'r', reason: answer, retryAt: null };
    }
    return {
      granted: true,
      reservationId: 'r',
      quotaDay: '2026-11-24',
      leaseExpiresAt: '2026-11-24T12:00:00.000Z',
      remainingToday: 1,
      repeated: false,
    };
  };
  const failed = async (accountId: string) => givenBack.push(accountId);
  const asking = new GroupAsking({ ...unread, reserve, failed }, desk, () => now);
  return {
    asked,
    givenBack,
    left,
    rows,
    desk,
    passes: (ms: number) => {
      now += ms;
    },
    ask: () => asking.reserve('eu', { reservationId: 'r', recipientId: 'ACoAAB1' }),
  };
}

it('the first account that grants is named, and a retry asks only that one', async () => {
  const group = aGroup({ anna: ['paced'], ben: ['grant', 'grant'], cara: [] });
  expect(await group.ask()).toMatchObject({ granted: true, accountId: 'ben' });
  expect(await group.ask()).toMatchObject({ granted: true, accountId: 'ben' });
  expect(group.asked).toEqual(['anna', 'ben', 'ben']);
});

it('an account that does not answer ends the walk, and the retry continues with it', async () => {
  const group = aGroup({ anna: ['paced'], ben: [silence, 'grant'], cara: [] });
  await expect(group.ask()).rejects.toMatchObject({
    type: 'Unavailable',
    message: expect.stringMatching(/account ben may still grant.*continues with the same account/),
  });
  // Neither the place nor the recipient is left: the grant may be there.
  expect([group.left, group.rows.place]).toEqual([[], { accountId: 'ben', state: 'asking' }]);
  expect(await group.ask()).toMatchObject({ granted: true, accountId: 'ben' });
  expect(group.asked).toEqual(['anna', 'ben', 'ben']);
});

it('after denials of all, nothing is left of the ask, and it may come again', async () => {
  const group = aGroup({ anna: ['daily_cap', 'grant'], ben: ['paced'] });
  expect(await group.ask()).toMatchObject({ granted: false, accountId: 'anna' });
  expect([group.left, group.rows.place]).toEqual([['ben'], undefined]);
  expect(await group.ask()).toMatchObject({ granted: true, accountId: 'anna' });
});

it('the brake and a contacted recipient end the walk; the brake leaves the place', async () => {
  const held = aGroup({ anna: ['fleet_held'], ben: [] });
  expect(await held.ask()).toMatchObject({ reason: 'fleet_held', accountId: 'anna' });
  expect([held.left, held.rows.place?.accountId]).toEqual([[null], 'anna']);
  const contacted = aGroup({ anna: ['recipient_contacted'], ben: [] });
  expect(await contacted.ask()).toMatchObject({ reason: 'recipient_contacted' });
  expect(contacted.rows.place).toBe(undefined);
});

it('an account that has ended counts as disconnected, and an error of the ask is thrown', async () => {
  const ended = new SafebandError('AccountUnknown', 'ended');
  const group = aGroup({ anna: [ended], ben: ['paced'] });
  expect(await group.ask()).toMatchObject({
    members: [{ accountId: 'anna', reason: 'disconnected' }, { accountId: 'ben' }],
  });
  const conflict = new SafebandError('ReservationConflict', 'other content');
  await expect(aGroup({ anna: [conflict], ben: [] }).ask()).rejects.toBe(conflict);
});

it('a grant that another request overtook is given back, and the other grant is the answer', async () => {
  const group = aGroup({ anna: ['grant'], ben: ['grant'] });
  group.desk.confirm = async () => {
    // The same id was granted by Ben while Anna was being asked.
    group.rows.place = { accountId: 'ben', state: 'granted' };
    return group.rows.place;
  };
  expect(await group.ask()).toMatchObject({ granted: true, accountId: 'ben' });
  expect(group.givenBack).toEqual(['anna']);
});

it('a grant is given back if another ask has the recipient, and the id is used up', async () => {
  const group = aGroup({ anna: ['grant'] });
  group.desk.confirm = async (_, accountId) => {
    group.rows.place = { accountId, state: 'given_back' };
    return group.rows.place;
  };
  await expect(group.ask()).rejects.toMatchObject({ type: 'ReservationSettled' });
  await expect(group.ask()).rejects.toMatchObject({ type: 'ReservationSettled' });
  expect([group.asked, group.givenBack]).toEqual([['anna'], ['anna']]);
});

it('after 8 s no further account is asked', async () => {
  const group = aGroup({ anna: ['paced'], ben: ['paced'], cara: ['grant'] }, 4_001);
  expect(await group.ask()).toMatchObject({ granted: false, reason: 'paced' });
  expect(group.asked).toEqual(['anna', 'ben']);
  const quicker = aGroup({ anna: ['paced'], ben: ['paced'], cara: ['grant'] }, 4_000);
  expect(await quicker.ask()).toMatchObject({ granted: true, accountId: 'cara' });
});

it('an account that did not answer is asked after the others for a minute', async () => {
  const group = aGroup({ anna: [silence, 'paced', 'grant'], ben: ['paced', 'paced'] });
  await expect(group.ask()).rejects.toMatchObject({ type: 'Unavailable' });
  group.rows.place = undefined; // the next ask has another id, which has no row yet
  group.passes(59_999);
  await group.ask();
  expect(group.asked).toEqual(['anna', 'ben', 'anna']);
  group.rows.place = undefined;
  group.passes(1);
  expect(await group.ask()).toMatchObject({ granted: true, accountId: 'anna' });
  expect(group.asked).toEqual(['anna', 'ben', 'anna', 'anna']);
});

it('the fault of a field is named before a row is written', async () => {
  const group = aGroup({ anna: [] });
  const accounts = { ...unread, reserve: async () => Promise.reject(), failed: async () => 0 };
  const asking = new GroupAsking(accounts);
  for (const count of [0, 51, 1.5]) {
    await expect(asking.next('eu', { count })).rejects.toMatchObject({
      type: 'InvalidInput',
      message: 'count should be a whole number from 1 to 50',
    });
  }
  await expect(asking.reserve('EU', { reservationId: 'r' })).rejects.toMatchObject({
    type: 'InvalidInput',
    message: expect.stringMatching(/^group should be a group such as eu-sales/),
  });
  await expect(asking.reserve('eu', { reservationId: '' })).rejects.toMatchObject({
    message: expect.stringMatching(/^reservationId should be /),
  });
  await expect(asking.reserve('eu', { reservationId: 'r' })).rejects.toMatchObject({
    message: expect.stringContaining('groups is missing'),
  });
  expect(group.asked).toEqual([]);
});
