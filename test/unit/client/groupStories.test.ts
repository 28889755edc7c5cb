/**
 * Random stories of asks of a group (R31), and of its accounts (R20): lost answers, late grants,
 * crashes and slow steps in any order. Whatever happens, no caller gets a second grant of an id, or
 * of a recipient.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SafebandError } from '../../../src/client/errors.js';
import { GroupAsking } from '../../../src/client/group/groupAsking.js';
import { ACCOUNTS, GroupWorld, type Fate } from '../../support/groupWorld.js';

const MOSTLY_ANSWERED = Array.from({ length: 5 }, (): Fate => 'answered');
const luck = fc.record({
  fate: fc.constantFrom<Fate>(...MOSTLY_ANSWERED, 'unsent', 'lost', 'late'),
  ms: fc.constantFrom(0, 0, 1, 3_000, 25_000),
  isCut: fc.integer({ min: 0, max: 39 }).map((n) => n === 0),
});
/** Plays all sends in the order of the scheduler. Only an error of the client may end one. */
async function passes(scheduler: fc.Scheduler, sends: readonly Promise<void>[]): Promise<void> {
  const faults: unknown[] = [];
  const all = sends.map((one) =>
    one.catch((error: unknown) => {
      if (!(error instanceof SafebandError)) faults.push(error);
    }),
  );
  await scheduler.waitFor(Promise.all(all));
  expect(faults).toEqual([]);
}

const asks = fc.array(fc.record({ id: fc.integer({ min: 0, max: 4 }), releases: fc.boolean() }), {
  minLength: 2,
  maxLength: 10,
});

it('no id and no recipient has two grants, and a lost grant is found again', async () => {
  let granted = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.infiniteStream(luck),
      asks,
      async (scheduler, fates, list) => {
        const world = new GroupWorld(scheduler, () => fates.next().value);
        const asking = new GroupAsking(world, world.desk, () => world.now);
        const send = async ({ id, releases }: { id: number; releases: boolean }) => {
          const reservationId = `r${id}`;
          // The last two ids have no recipient.
          const recipientId = id < 3 ? `ACoAA${id % 2}` : null;
          const answer = await asking.reserve('eu', { reservationId, recipientId });
          if (!answer.granted) return;
          granted += 1;
          const accounts = world.handed.get(reservationId) ?? new Set();
          world.handed.set(reservationId, accounts.add(answer.accountId));
          expect([...accounts]).toHaveLength(1);
          expect(world.handedFor(recipientId).length).toBeLessThanOrEqual(1);
          if (releases) await world.failed(answer.accountId, { reservationId });
        };
        await passes(scheduler, list.map(send));
      },
    ),
    { numRuns: 1_000 },
  );
  expect(granted).toBeGreaterThan(1_000);
});

it('no recipient has two grants, whether the group or its accounts are asked', async () => {
  const granted = { group: 0, account: 0 };
  const both = fc.record({
    id: fc.nat({ max: 8 }),
    person: fc.nat({ max: 1 }),
    releases: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.infiniteStream(luck),
      fc.array(both, { minLength: 3, maxLength: 10 }),
      async (scheduler, fates, list) => {
        const world = new GroupWorld(scheduler, () => fates.next().value, true);
        const asking = new GroupAsking(world, world.desk, () => world.now);
        const send = async ({ id, person, releases }: (typeof list)[number]) => {
          // The first ids are of the group; each other one is of an account.
          const account = id < 3 ? undefined : ACCOUNTS[id % ACCOUNTS.length];
          const request = { reservationId: `r${id}-${person}`, recipientId: `ACoAA${person}` };
          const answer = await (account === undefined
            ? asking.reserve('eu', request)
            : world.reserve(account, request));
          if (!answer.granted) return;
          granted[account === undefined ? 'group' : 'account'] += 1;
          const by = account ?? ('accountId' in answer ? answer.accountId : '');
          world.handed.set(request.reservationId, new Set([by]));
          expect(world.handedFor(request.recipientId).length).toBeLessThanOrEqual(1);
          if (releases) await world.failed(by, request);
        };
        await passes(scheduler, list.map(send));
      },
    ),
    { numRuns: 1_000 },
  );
  expect(Math.min(granted.group, granted.account)).toBeGreaterThan(100);
});
