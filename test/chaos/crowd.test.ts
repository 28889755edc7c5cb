/** 500 simultaneous reserves by every way on a cap of 50 get exactly 50 grants, also if workers die. */
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isWorthRetrying } from '../../src/client/errors.js';
import { createClient, type Decision } from '../../src/client/index.js';
import { TASK_QUEUE } from '../../src/temporal/protocol.js';
import { statusOf } from '../support/account.js';
import { startListener, type Listener } from '../support/listener.js';
import { createStand, type Stand } from '../support/stand.js';
import { kill, startWorkerProcess } from '../support/workerProcess.js';

let stand: Stand;
let listener: Listener;
let worker: ChildProcess;
beforeAll(async () => {
  stand = await createStand({ taskQueue: TASK_QUEUE });
  worker = await startWorkerProcess(stand.databaseUrl);
  listener = await startListener(stand.client);
});
afterAll(async () => {
  await kill(worker);
  await listener.close();
  await stand.close();
});

const KINDS = 4;
const ASKS = 500;
const CAP = 50;

/** Lets all callers ask at once; returns the ids that got a grant, by any way. */
async function crowd(id: string): Promise<readonly string[]> {
  const handle = stand.handle(id);
  const { client } = stand;
  const safeband = createClient({ client, deadlineMs: 240_000, rememberDenialsMs: 0 });
  const names = Array.from({ length: ASKS / KINDS }, (_, i) => `${id}-${i}`);
  const decided: Decision[] = [];
  const repeated = async <T>(updateId: string, name: string, payload: object): Promise<T> => {
    for (;;) {
      try {
        return await client.withDeadline(Date.now() + 10_000, () =>
          handle.executeUpdate<T, [object]>(name, { updateId, args: [payload] }),
        );
      } catch (error) {
        if (!isWorthRetrying(error)) throw error;
      }
    }
  };
  const byUpdate = names.slice(0, 50).map(async (name) => {
    const reservationId = `u-${name}`;
    const decision = await repeated<Decision>(reservationId, 'sendReserve', { reservationId });
    decided.push(decision);
  });
  const byClient = names.map(async (name) => {
    decided.push(await safeband.reserve(id, { reservationId: `c-${name}` }));
  });
  const batches = [0, 1].map(async (n) => {
    const requests = names.map((name) => ({ reservationId: `b${n}-${name}` }));
    const answer = await repeated<{ decisions: Decision[] }>(`b${n}-${id}`, 'sendReserveBatch', {
      requests,
    });
    decided.push(...answer.decisions);
  });
  const signals = names.slice(0, 75).map((name) =>
    handle.signal('sendReserve', {
      reservationId: `s-${name}`,
      replyTo: { workflowId: listener.workflowId, signalName: 'decided' },
    }),
  );
  await Promise.all([...byUpdate, ...byClient, ...batches, ...signals]);
  const mine = async () =>
    (await listener.received()).filter(({ reservationId }) => reservationId.startsWith(`s-${id}`));
  await expect.poll(async () => (await mine()).length).toBe(signals.length);
  const all = [...decided, ...(await mine())];
  expect(all).toHaveLength(ASKS);
  return all.filter(({ granted }) => granted).map(({ reservationId }) => reservationId);
}

it('grants exactly the cap', async () => {
  const id = stand.newAccount();
  await stand.connect(id);
  const granted = await crowd(id);
  expect(new Set(granted).size).toBe(CAP);
  expect(await statusOf(stand.handle(id))).toMatchObject({ counter: CAP });
});

it('grants exactly the cap while the worker is killed three times', async () => {
  const id = stand.newAccount();
  await stand.connect(id);
  const asking = crowd(id);
  for (let i = 0; i < 3; i += 1) {
    await kill(worker);
    worker = await startWorkerProcess(stand.databaseUrl);
  }
  const granted = await asking;
  expect(new Set(granted).size).toBe(CAP);
  const status = await statusOf(stand.handle(id));
  expect(status).toMatchObject({ counter: CAP, inFlight: CAP });
  const open = status.openReservations.map(({ reservationId }) => reservationId).toSorted();
  expect(open).toEqual([...granted].toSorted());
});
