/**
 * A fleet audit, an account's own run and a burst of sends meet at a row that was just edited
 * manually. The row is corrected once, and no send is lost (R2, R8, R14). The test plays 200 rounds
 * (RACE_ROUNDS: another number of rounds for each of the 20 accounts).
 */
import fc from 'fast-check';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run, statusOf, update } from '../support/account.js';
import { createStand, type Stand } from '../support/stand.js';

const ACCOUNTS = 20;
/** A divisor of 50. */
const ROUNDS = Number(process.env['RACE_ROUNDS'] ?? 10);
/** In all rounds together as many as the safe band of the tier allows. */
const SENDS = 50 / ROUNDS;
const SEED = 20_261_124;

let stand: Stand;
beforeAll(async () => {
  stand = await createStand();
});
afterAll(() => stand.close());

type Racer = { readonly id: string; readonly account: WorkflowHandle };

const send = async ({ account }: Racer, round: number): Promise<void> => {
  const requests = Array.from({ length: SENDS }, (_, n) => ({ reservationId: `r${round}.${n}` }));
  await update(account, 'sendReserveBatch', { requests });
  for (const { reservationId } of requests) {
    await account.signal('sendDelivered', { reservationId, chatId: `chat-${reservationId}` });
  }
};
/** A counter above all sends, but too low for a cooldown. */
const EDITED = 59;
const edit = ({ id }: Racer): Promise<unknown> =>
  stand.pool.query('update safeband.accounts set inmails_sent_today = $2 where account_id = $1', [
    id,
    EDITED,
  ]);
/** Waits up to 90 s for a run: each of nine tries answers within ten seconds. */
const reconciled = ({ account }: Racer): Promise<unknown> => run(account, 9);
const audit = (round: number): Promise<unknown> =>
  stand.client.workflow.execute('inmailFleetAudit', {
    workflowId: `race-${stand.taskQueue}-${round}`,
    taskQueue: stand.taskQueue,
    args: [],
  });

it(`corrects once and loses no send in ${ACCOUNTS * ROUNDS} rounds`, async () => {
  const racers = await Promise.all(
    Array.from({ length: ACCOUNTS }, async (): Promise<Racer> => {
      const id = stand.newAccount();
      return { id, account: await stand.connect(id, { tier: 'recruiter' }) };
    }),
  );
  // Another of the three begins first in each round; each edit adds one send too many.
  const orders = fc.sample(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), {
    numRuns: ACCOUNTS * ROUNDS,
    seed: SEED,
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    const audited = audit(round);
    await Promise.all(
      racers.map(async (racer, i) => {
        const acts = [edit, reconciled, (one: Racer) => send(one, round)];
        const order = orders[round * ACCOUNTS + i] ?? [];
        const begun = order.flatMap((act) => acts[act] ?? []).map((act) => act(racer));
        await Promise.all<unknown>(begun);
      }),
    );
    await audited;
    await Promise.all(racers.map(reconciled));
  }
  const { rows: healed } = await stand.pool.query<{ edits: number }>(
    `select count(*)::int as edits from safeband.corrections where before = $1
      group by account_id`,
    [EDITED],
  );
  expect(healed).toEqual(racers.map(() => ({ edits: ROUNDS })));
  const sent = SENDS * ROUNDS;
  for (const { id, account } of racers) {
    await expect
      .poll(() => statusOf(account))
      .toMatchObject({ counter: sent, delivered: sent, unexplained: 0, unsaved: 0 });
    const { rows } = await stand.pool.query(
      `select inmails_sent_today as counter, delivered, drift, remaining
         from safeband.account_status where account_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ counter: sent, delivered: sent, drift: 0, remaining: 0 }]);
  }
});
