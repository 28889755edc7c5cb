/** How a client reads the brake, and when it hands a grant to its caller (R27). */
import { Client, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { expect, it } from 'vitest';
import { Asking } from '../../../src/client/brake/asking.js';
import { Brake, type BrakeTransport } from '../../../src/client/brake/brake.js';
import { temporalBrake } from '../../../src/client/brake/temporalBrake.js';
import { Denials } from '../../../src/client/denials.js';
import { SafebandError } from '../../../src/client/errors.js';
import type { Answer } from '../../../src/client/reserving.js';
import type { BrakeState } from '../../../src/domain/fleet/brake.js';

const ON: BrakeState = [
  { brakeId: '5f0c9a1d2e3b4c6d', group: null, since: '2026-11-24T14:03:00.000Z' },
];
const never = async (): Promise<never> => {
  throw new Error('this test does not change the brake');
};
/** A brake with these answers, one after the other, and a clock that the test moves. */
function reading(...answers: readonly (BrakeState | Error)[]) {
  const clock = { now: 1_000_000, reads: 0 };
  const read = async (): Promise<BrakeState> => {
    const answer = answers[Math.min(clock.reads, answers.length - 1)];
    clock.reads += 1;
    if (answer instanceof Error) {
      clock.now += 1_000; // it was not answered in time
      throw answer;
    }
    return answer ?? [];
  };
  const transport: BrakeTransport = { read, engage: never, release: never };
  return { clock, brake: new Brake(transport, { now: () => clock.now }) };
}

it('an answer is used for less than 1.5 s, and then the brake is read again', async () => {
  const { clock, brake } = reading([], ON);
  expect(await brake.holds('a', clock.now + 5_000)).toBe(false);
  clock.now += 1_499;
  expect([await brake.holds('a', clock.now + 5_000), clock.reads]).toEqual([false, 1]);
  clock.now += 1;
  expect([await brake.holds('a', clock.now + 5_000), clock.reads]).toEqual([true, 2]);
});

it('an old answer is never used while the brake cannot be read, and the first answer ends it', async () => {
  const { clock, brake } = reading([], new Error('away'), new Error('away'), []);
  await brake.state();
  clock.now += 1_500;
  await expect(brake.holds('a', clock.now + 2_000)).rejects.toMatchObject({
    type: 'Unavailable',
    message: expect.stringContaining('no account was asked'),
  });
  expect(await brake.holds('a', clock.now + 2_000)).toBe(false);
});

it('callers share one read', async () => {
  const { clock, brake } = reading([]);
  await Promise.all(Array.from({ length: 64 }, () => brake.holds('a', clock.now + 5_000)));
  expect(clock.reads).toBe(1);
});

const GRANT = {
  granted: true,
  reservationId: 'r',
  quotaDay: '2026-11-24',
  leaseExpiresAt: '2026-11-24T14:18:00.000Z',
  remainingToday: 9,
  repeated: false,
} as const;
/** An account that answers like this; the clock moves by that time while it is asked. */
function asking(found: ReturnType<typeof reading>, answers: readonly Answer[], ms = 2_000) {
  let asked = 0;
  const reserving = {
    ask: async (): Promise<Answer> => {
      found.clock.now += ms;
      const answer = answers[asked];
      asked += 1;
      if (!answer) throw new Error('the account was asked once more');
      return answer;
    },
  };
  const { brake } = found;
  const all = new Asking({ brake, denials: new Denials(0), reserving });
  return {
    asked: () => asked,
    ask: () => all.ask('a', { reservationId: 'r' }, found.clock.now + 5_000),
  };
}

it('no account is asked while the brake is on', async () => {
  const account = asking(reading(ON), []);
  expect(await account.ask()).toEqual({
    granted: false,
    reservationId: 'r',
    reason: 'fleet_held',
    retryAt: null,
  });
  expect(account.asked()).toBe(0);
});

it('a grant that comes while the brake is on is handed over once, after the release', async () => {
  const found = reading([], ON, []);
  const account = asking(found, [
    GRANT,
    { ...GRANT, repeated: true },
    { ...GRANT, repeated: true },
  ]);
  expect(await account.ask()).toMatchObject({ reason: 'fleet_held' });
  found.clock.now += 2_000;
  expect(await account.ask()).toMatchObject({ granted: true, repeated: false });
  expect(await account.ask()).toMatchObject({ granted: true, repeated: true });
});

it('a grant whose brake cannot be read is not handed over', async () => {
  const found = reading([], new Error('away'), new Error('away'), new Error('away'), []);
  const account = asking(found, [GRANT, { ...GRANT, repeated: true }], 3_000);
  const answer = await account.ask();
  expect(answer).toBeInstanceOf(SafebandError);
  expect(answer).toMatchObject({ type: 'Unavailable' });
  found.clock.now += 2_000;
  expect(await account.ask()).toMatchObject({ granted: true, repeated: false });
});

const REQUEST = { reason: 'texts corrected', actor: 'ada' };
type Try = { readonly updateId?: string };
/** The brake of a Temporal that answers each try of a release like this. */
function releasing(executeUpdate: (name: string, one: Try) => Promise<unknown>) {
  const describe = async () => ({ status: { name: 'COMPLETED' } });
  const client = new Client({ connection: Object.create(null) });
  Object.assign(client, { withDeadline: (_at: number, call: () => unknown) => call() });
  Object.assign(client.workflow, { getHandle: () => ({ executeUpdate, describe }) });
  return temporalBrake(client, 'inmail').release(REQUEST, Date.now() + 60_000);
}

it('a release without an answer is sent again with its id, and returns what it released', async () => {
  const released = { brakeId: ON[0]?.brakeId, group: null, since: ON[0]?.since };
  const tries: unknown[] = [];
  const answer = releasing(async (_name, { updateId }) => {
    tries.push(updateId ?? tries.length);
    // The first try takes effect, and its answer is lost.
    if (tries.length === 1) throw new WorkflowUpdateRPCTimeoutOrCancelledError('no answer in time');
    return { released: tries[0] === updateId ? released : null };
  });
  expect(await answer).toEqual({ released });
  expect(tries).toHaveLength(2);
});

it('a release that meets the end of the last brake finds no brake', async () => {
  let tries = 0;
  const answer = releasing(async () => {
    tries += 1;
    throw new WorkflowNotFoundError('workflow update was aborted by closing workflow', 'b', 'r');
  });
  expect([await answer, tries]).toEqual([{ released: null }, 1]);
});
