/**
 * With a pace, no two grants are closer than the interval (R19): while callers ask without a break,
 * workers restart and the workflow is terminated, and over midnights of skipped time.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowNotFoundError } from '@temporalio/common';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, askRead, statusOf, type Known } from '../support/account.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward } from '../support/time.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

const CALLERS = 8;
const WANTED = 12;

/** Reads the intervals between the grants of an account, in ms. */
async function gapsOf(id: string): Promise<readonly number[]> {
  const { rows } = await stand.pool.query<{ at: Date }>(
    `select reserved_at as at from safeband.reservations where account_id = $1
      order by reserved_at`,
    [id],
  );
  return rows.slice(1).map(({ at }, n) => Number(at) - Number(rows[n]?.at));
}

it(`${CALLERS} callers get ${WANTED} slots, none closer than the interval, while workers restart`, async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id, {
    pacing: { minGapSeconds: 1, jitterPercent: 50, perHour: WANTED },
  });
  let granted = 0;
  const askOn = async (caller: number): Promise<void> => {
    for (let n = 0; granted < WANTED; n += 1) {
      const answer = await ask(stand.handle(id), `c${caller}-${n}`).catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error; // between its two workflows
      });
      if (answer?.granted) granted += 1;
      else await sleep(50);
    }
  };
  const asking = Promise.all(Array.from({ length: CALLERS }, (_, caller) => askOn(caller)));
  const reached = (count: number) => expect.poll(() => granted).toBeGreaterThanOrEqual(count);
  await reached(3);
  await stand.stopWorker();
  await stand.startWorker();
  await reached(6);
  await account.terminate('an accident');
  await stand.connect(id);
  await asking;
  // The hour is full, so nothing more is granted until the first grant is 60 minutes old.
  expect(await ask(stand.handle(id), 'more')).toMatchObject({
    granted: false,
    reason: 'paced',
    limit: WANTED,
    used: WANTED,
  });
  expect(granted).toBe(WANTED);
  await expect.poll(() => gapsOf(id)).toHaveLength(WANTED - 1);
  expect(Math.min(...(await gapsOf(id)))).toBeGreaterThanOrEqual(500);
});

/** Asks at the instant that the denial names. */
async function nextGrant({ id, account }: Known, name: string): Promise<void> {
  const denied = await ask(account, name);
  expect(denied).toMatchObject({ granted: false, reason: 'paced' });
  const retryAt = 'retryAt' in denied ? Date.parse(denied.retryAt ?? '') : NaN;
  const now = Date.parse((await statusOf(account)).asOf);
  await fastForward(stand.client, account.workflowId, Math.ceil((retryAt - now) / 1_000));
  expect(await askRead(account, name), `${id} ${name}`).toMatchObject({ granted: true });
}

it('a pace of hours continues over midnight, and each grant comes at its retryAt', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id, { pacing: { minGapSeconds: 28_800, jitterPercent: 50 } });
  expect(await ask(account, 'r0')).toMatchObject({ granted: true });
  for (let n = 1; n < 8; n += 1) await nextGrant({ id, account }, `r${n}`);
  const { rows } = await stand.pool.query<{ days: number }>(
    'select count(distinct quota_day)::int as days from safeband.reservations where account_id = $1',
    [id],
  );
  expect(rows[0]?.days).toBeGreaterThan(1);
  for (const gap of await gapsOf(id)) {
    expect(gap).toBeGreaterThanOrEqual(14_400_000); // seven of them are longer than a day
    expect(gap).toBeLessThan(43_200_000 + 60_000);
  }
});

it('a new account that names no pace has the pace of the fleet, and null is none', async () => {
  const pacing = { minGapSeconds: 30, jitterPercent: 10, perHour: null };
  const paced = await createStand({ defaultPacing: pacing });
  const paceOf = async (more: object) => {
    const account = await paced.connect(paced.newAccount(), more);
    await ask(account, 'a');
    return (await ask(account, 'b')).granted ? 'none' : 'paced';
  };
  expect(await paceOf({})).toBe('paced');
  expect(await paceOf({ pacing: null })).toBe('none');
  await paced.close();
});
