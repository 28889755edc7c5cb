/**
 * An account that is full to the brim, with the longest ids that are legal: it never has more than
 * Temporal takes, nothing of what was reported is lost, and it opens, ends and begins as any other.
 */
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/ports.js';
import { PAYLOAD_BYTES_MAX } from '../../src/domain/limits.js';
import { all, run, say, statusOf, whenSaved } from '../support/account.js';
import { failureTypeOf } from '../support/failure.js';
import { failuresIn, runsOf } from '../support/histories.js';
import { createStand, type Stand } from '../support/stand.js';

let stand: Stand;
const outage = { isNow: false };
/** The largest that went into, and came out of, each activity. */
const sizes = { input: 0, output: 0 };
const bytesOf = (value: unknown): number =>
  defaultPayloadConverter.toPayload(value)?.data?.length ?? 0;

beforeAll(async () => {
  const watched =
    <I, O>(activity: (ask: I) => Promise<O>) =>
    async (ask: I): Promise<O> => {
      sizes.input = Math.max(sizes.input, bytesOf(ask));
      if (outage.isNow) throw ApplicationFailure.create({ message: 'the database is away' });
      const answer = await activity(ask);
      sizes.output = Math.max(sizes.output, bytesOf(answer));
      return answer;
    };
  stand = await createStand({
    activities: (real: Activities): Partial<Activities> => ({
      readBack: watched((ask: Parameters<Activities['readBack']>[0]) => real.readBack(ask)),
      claim: watched((ask: Parameters<Activities['claim']>[0]) => real.claim(ask)),
      save: watched((ask: Parameters<Activities['save']>[0]) => real.save(ask)),
      reconcile: watched((ask: Parameters<Activities['reconcile']>[0]) => real.reconcile(ask)),
    }),
  });
});
afterAll(() => stand.close());

/** 512 characters of three bytes; no two names give the same. */
const long = (name: string): string => `${name}${'中'.repeat(512 - name.length)}`;
const now = (): string => new Date().toISOString();
const webhook = (name: string): object => ({
  chatId: long(`c-${name}`),
  messageId: long(`m-${name}`),
  recipientId: long(`p-${name}`),
  sentAt: now(),
});

/** Signals, some at a time. */
async function signalAll(account: WorkflowHandle, count: number, of: (n: number) => object) {
  for (let n = 0; n < count; n += 50) {
    const some = Array.from({ length: Math.min(50, count - n) }, (_, more) => of(n + more));
    await Promise.all(some.map((seen) => account.signal('sendObserved', seen)));
  }
}

const LOGGED = `select count(*)::int as rows from safeband.inmail_events where account_id = $1`;
const logged = async (id: string): Promise<number> => {
  const [found] = await all(stand, LOGGED, id);
  return typeof found === 'object' && found !== null && 'rows' in found ? Number(found.rows) : -1;
};

/** What each run was given when it began. */
async function carriedBytes(account: WorkflowHandle): Promise<readonly number[]> {
  const runs = await runsOf(stand, account);
  return runs.map(
    ({ events }) =>
      events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data?.length ?? 0,
  );
}

/** Tasks that failed, but for those that the server ends where over 100 events came meanwhile. */
const flawsIn = async (account: WorkflowHandle): Promise<readonly unknown[]> =>
  failuresIn(await runsOf(stand, account)).filter((failure) => typeof failure === 'string');

/** SAFEBAND_BRIM_WEBHOOKS=2000 is the size that was never saved; what matters: many saves. */
const WEBHOOKS = Number(process.env['SAFEBAND_BRIM_WEBHOOKS'] ?? 600);

it('webhooks that came while the database was away are saved when it is back', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await run(account);
  outage.isNow = true;
  await signalAll(account, WEBHOOKS, (n) => webhook(`w${n}`));
  // An Update is answered: there is no room for what it would add.
  const report = { reservationId: 'r', chatId: 'c' };
  await expect
    .poll(() => failureTypeOf(() => say(account, 'sendDelivered', report)))
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
