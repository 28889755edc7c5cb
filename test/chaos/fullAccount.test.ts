/**
 * An account with the most data that it can have, and with the longest ids: its state never exceeds
 * Temporal's limits, no report is lost, and it starts, ends and continues like any other.
 */
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/ports.js';
import { EXTERNALS_MAX, PAYLOAD_BYTES_MAX } from '../../src/domain/primitives/limits.js';
import { all, ask, run, update, statusOf, whenSaved } from '../support/account.js';
import { failureTypeOf } from '../support/failure.js';
import { failuresIn, flawsOf, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';
import type { DecisionWire } from '../../src/domain/wire/decisions.js';

let stand: Stand;
const outage = { isNow: false };
/** The largest input and the largest answer of each activity. */
const sizes = { input: 0, output: 0 };
/** The parts of a read-back that had their own activity. */
const parts: string[] = [];
const bytesOf = (value: unknown): number =>
  defaultPayloadConverter.toPayload(value)?.data?.length ?? 0;

beforeAll(async () => {
  const watched =
    <I, O>(activity: (of: I) => Promise<O>) =>
    async (of: I): Promise<O> => {
      sizes.input = Math.max(sizes.input, bytesOf(of));
      if (outage.isNow) throw ApplicationFailure.create({ message: 'the database is away' });
      const answer = await activity(of);
      sizes.output = Math.max(sizes.output, bytesOf(answer));
      return answer;
    };
  stand = await createStand({
    activities: (real: Activities): Partial<Activities> => ({
      readBack: watched((of: Parameters<Activities['readBack']>[0]) => {
        if (of.part) parts.push(of.part);
        return real.readBack(of);
      }),
      claim: watched((of: Parameters<Activities['claim']>[0]) => real.claim(of)),
      save: watched((of: Parameters<Activities['save']>[0]) => real.save(of)),
      reconcile: watched((of: Parameters<Activities['reconcile']>[0]) => real.reconcile(of)),
    }),
  });
});
afterAll(() => stand.close());

/** Returns 512 characters of three bytes, different for each name. */
const long = (name: string): string => `${name}${'中'.repeat(512 - name.length)}`;
const now = (): string => new Date().toISOString();
const webhook = (name: string): object => ({
  chatId: long(`c-${name}`),
  messageId: long(`m-${name}`),
  recipientId: long(`p-${name}`),
  sentAt: now(),
});

/** Sends Signals in groups. */
async function signalAll(
  account: WorkflowHandle,
  count: number,
  of: (n: number) => object,
  name = 'sendObserved',
) {
  for (let n = 0; n < count; n += 50) {
    const some = Array.from({ length: Math.min(50, count - n) }, (_, more) => of(n + more));
    await Promise.all(some.map((payload) => account.signal(name, payload)));
  }
}

const LOGGED = `select count(*)::int as rows from safeband.inmail_events where account_id = $1`;
const logged = async (id: string): Promise<number> => {
  const [found] = await all(stand, LOGGED, id);
  return typeof found === 'object' && found !== null && 'rows' in found ? Number(found.rows) : -1;
};

/** Returns the input of each run. */
async function carriedBytes(account: WorkflowHandle): Promise<readonly number[]> {
  const runs = await runsOf(stand, account);
  return runs.map(
    ({ events }) =>
      events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data?.length ?? 0,
  );
}

/** Returns failed tasks, without those that the server ended because of over 100 new events. */
const flawsIn = async (account: WorkflowHandle): Promise<readonly unknown[]> =>
  failuresIn(await runsOf(stand, account)).filter((failure) => typeof failure === 'string');

/** SAFEBAND_FULL_WEBHOOKS=2000 could not be saved in the past. Fewer also need many saves. */
const WEBHOOKS = Number(process.env['SAFEBAND_FULL_WEBHOOKS'] ?? 600);

it('webhooks that came while the database was away are saved when it is back', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await run(account);
  outage.isNow = true;
  await signalAll(account, WEBHOOKS, (n) => webhook(`w${n}`));
  // An Update is answered: there is no room for what it would add.
  const report = { reservationId: 'r', chatId: 'c' };
  await expect
    .poll(() => failureTypeOf(() => update(account, 'sendDelivered', report)))
    .toBe('Unavailable');
  outage.isNow = false;
  await expect.poll(() => logged(id)).toBe(WEBHOOKS);
  await whenSaved(account);
  expect(await statusOf(account)).toMatchObject({ counter: WEBHOOKS, external: WEBHOOKS });
  expect(await run(account)).toMatchObject({ drift: 0 });
  expect(await flawsIn(account)).toEqual([]);
  expect(Math.max(...(await carriedBytes(account)))).toBeLessThan(PAYLOAD_BYTES_MAX);
  expect(sizes.input).toBeLessThan(PAYLOAD_BYTES_MAX);
  expect(sizes.output).toBeLessThan(PAYLOAD_BYTES_MAX);
});

/** SAFEBAND_FULL_WAITING=5000 stopped an account from starting in the past. A task processes 200. */
const WAITING = Number(process.env['SAFEBAND_FULL_WAITING'] ?? 450);

it('messages that wait while an account reads its rows do not stop the start', async () => {
  const id = stand.newAccount();
  outage.isNow = true;
  const account = await stand.client.workflow.start('inmailAccount', {
    workflowId: `inmail-account/${id}`,
    taskQueue: stand.taskQueue,
    args: [{ accountId: id, tier: 'sales_navigator' }],
  });
  await signalAll(account, WAITING, (n) => webhook(`r${n}`));
  outage.isNow = false;
  await expect.poll(() => logged(id)).toBe(WAITING);
  await whenSaved(account);
  expect(await statusOf(account)).toMatchObject({ counter: WAITING, external: WAITING });
  expect(await flawsIn(account)).toEqual([]);
  expect(sizes.input).toBeLessThan(PAYLOAD_BYTES_MAX);
  expect(sizes.output).toBeLessThan(PAYLOAD_BYTES_MAX);
  await account.terminate('the test ends');
});

/** A send that is too old to count when it is processed, and whose day is still remembered. */
const OLD_MS = 2 * 24 * 60 * 60 * 1_000;
const ROUND = 50;
const ownId = (round: number, n: number): string => `${round}-${n}-`.padEnd(128, 'x');

/** Grants 150 slots: 120 are released, 25 are delivered, and 5 stay uncertain. */
async function spend(account: WorkflowHandle): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    const requests = Array.from({ length: ROUND }, (_, n) => ({
      reservationId: ownId(round, n),
      recipientId: long(`p-${round}-${n}`),
    }));
    const batch = { requests };
    const { decisions } = await update<{ decisions: DecisionWire[] }>(
      account,
      'sendReserveBatch',
      batch,
    );
    expect(decisions.filter(({ granted }) => granted)).toHaveLength(ROUND);
    const delivered = round < 2 ? 0 : 25;
    const unknown = round < 2 ? 0 : 5;
    const id = (n: number): string => ownId(round, n);
    const proof = (n: number): object => ({ chatId: long(`d-${n}`), messageId: long(`e-${n}`) });
    const failed = (n: number, kind: string): object => ({ reservationId: id(n), kind });
    const reportOf = (n: number): object => ({ reservationId: id(n), ...proof(n) });
    await signalAll(account, delivered, reportOf, 'sendDelivered');
    await signalAll(account, unknown, (n) => failed(delivered + n, 'unknown'), 'sendFailed');
    const rest = delivered + unknown;
    await signalAll(account, ROUND - rest, (n) => failed(rest + n, 'rejected'), 'sendFailed');
    await run(account);
  }
}

/**
 * Sends messages with unknown names until the run has ended because of its length. It pauses between
 * them, because the server refuses the end of a run while messages come.
 */
async function crossRun(account: WorkflowHandle): Promise<void> {
  const { runId } = await account.describe();
  while ((await account.describe()).runId === runId) {
    await Promise.all(Array.from({ length: 40 }, () => account.signal('noise')));
    await run(account);
  }
}

/** Uncertain slots explain this gap, so a run corrects nothing. */
const FOUND = { drift: 5, healed: false, alerted: false };
const COUNTS = { counter: 50, delivered: 25, uncertain: 5, inFlight: 0, external: 20 };

it('a full account works after continue-as-new, reconcile, terminate and start', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id, { tier: 'recruiter' });
  await spend(account);
  // The sends of today, then 500 older ones that count for no cap: the account forgets none of today's.
  await signalAll(account, 20, (n) => webhook(`t${n}`));
  const sentAt = new Date(Date.now() - OLD_MS).toISOString();
  await signalAll(account, 500, (n) => ({ ...webhook(`o${n}`), sentAt }));
  await run(account);
  expect(await statusOf(account)).toMatchObject(COUNTS);

  await crossRun(account);
  expect(await run(account)).toMatchObject(FOUND);
  expect(await statusOf(account)).toMatchObject(COUNTS);
  expect(Math.max(...(await carriedBytes(account)))).toBeGreaterThan(EXTERNALS_MAX * 100);
  expect(Math.max(...(await carriedBytes(account)))).toBeLessThan(PAYLOAD_BYTES_MAX);
  const runs = await runsOf(stand, account);

  await account.terminate('an operator');
  parts.splice(0);
  const again = await stand.connect(id, { tier: 'recruiter' });
  await expect.poll(() => statusOf(again)).toMatchObject({ ...COUNTS, verified: true });
  // One answer cannot contain all. A slow machine may ask for a part again.
  expect([...new Set(parts)]).toEqual(['log', 'run', 'line']);
  await signalAll(again, 20, (n) => webhook(`t${n}`)); // seen a second time
  expect(await ask(again, 'one-more')).toMatchObject({ granted: false, reason: 'daily_cap' });
  expect(await run(again)).toMatchObject(FOUND);
  expect(await statusOf(again)).toMatchObject({ ...COUNTS, unexplained: 0 });
  expect(sizes.input).toBeLessThan(PAYLOAD_BYTES_MAX);
  expect(sizes.output).toBeLessThan(PAYLOAD_BYTES_MAX);
  expect(await flawsIn(again)).toEqual([]);
  expect(await flawsOf(account.workflowId, runs)).toEqual([]);
});
