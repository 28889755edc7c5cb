import { afterAll, beforeAll, expect, it } from 'vitest';
import { BATCH_MAX } from '../../../src/domain/primitives/limits.js';
import { update } from '../../support/account.js';
import { runsOf } from '../../support/histories.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

/** Batches of this number are 4 MiB of requests and answers in about 300 events. */
const BATCHES = 40;
const MIB = 1024 * 1024;

it('a run ends at two MiB of history, long before it has 600 events', async () => {
  const account = await stand.connect(stand.newAccount());
  const first = (await account.describe()).runId;
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const requests = Array.from({ length: BATCH_MAX }, (_, n) => ({
      reservationId: `${batch}-${n}-`.padEnd(128, 'r'),
      campaignId: 'c'.repeat(128),
    }));
    const { decisions } = await update<{ decisions: readonly object[] }>(
      account,
      'sendReserveBatch',
      { requests },
    );
    expect(decisions).toHaveLength(BATCH_MAX);
  }
  const runs = await runsOf(stand, account);
  const oldest = runs.at(-1);
  expect(oldest?.events?.[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId).toBe(
    first,
  );
  expect(oldest?.events?.length).toBeLessThan(400);
  const { historySize } = await stand.client.workflow
    .getHandle(account.workflowId, first)
    .describe();
  expect(historySize).toBeGreaterThan(2 * MIB);
  expect(historySize).toBeLessThan(3 * MIB);
});
