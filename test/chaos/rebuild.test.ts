/**
 * A workflow that is reset or terminated during the day counts the same as an untouched twin that got
 * the same messages. After an unclean end it waits (R13, R14).
 */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { all, update, statusOf } from '../support/account.js';
import { resetTo } from '../support/reset.js';
import { createStand, type Stand } from '../support/stand.js';
import { countsOf, day, expectWaiting, untouched } from '../support/twin.js';
import type { DecisionWire } from '../../src/domain/wire/decisions.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

it('an account that is reset to its fifth event, with all messages, keeps its counts and waits until midnight', async () => {
  const [twin, id] = await Promise.all([
    untouched(stand),
    day(stand, (account) => resetTo(account, 5, 'all')),
  ]);
  expect(await countsOf(stand, id)).toEqual(twin);
  await expectWaiting(stand, id, { cause: 'two_owners', isEndedByResume: false });
});

it('an account that is reset to its fifth event, without messages, reads them from its rows', async () => {
  const accident = async (account: WorkflowHandle): Promise<void> => {
    await resetTo(account, 5, 'nothing');
    // No grant between the reset and the rows, because a day has one cap (R2).
    const asked = await update<DecisionWire>(account, 'sendReserve', { reservationId: 'greedy' });
    expect(asked).toMatchObject({ granted: false });
    await expect.poll(async () => (await statusOf(account)).cooldown?.cause).toBe('two_owners');
  };
  const [twin, id] = await Promise.all([untouched(stand), day(stand, accident)]);
  expect(await countsOf(stand, id)).toEqual(twin);
  await expectWaiting(stand, id, { cause: 'two_owners', isEndedByResume: false });
});

it('an account that is terminated and started again keeps its counts without a cooldown, because its history is read', async () => {
  const accident = async (account: WorkflowHandle): Promise<void> => {
    await account.terminate('an accident');
    await stand.connect(account.workflowId.replace('inmail-account/', ''));
  };
  const [twin, id] = await Promise.all([untouched(stand), day(stand, accident)]);
  expect(await countsOf(stand, id)).toEqual(twin);
  expect((await statusOf(stand.handle(id))).cooldown).toBeNull();
  const kinds = 'select kind, severity from safeband.alerts where account_id = $1';
  expect(await all(stand, kinds, id)).toContainEqual({ kind: 'unclean_end', severity: 'info' });
});
