/** The settings of the size decide what an audit of the fleet wakes and calls late (R7, R8). */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createActivities } from '../../../src/activities/index.js';
import type { Audited } from '../../../src/activities/ports.js';
import { dayOf, MINUTE_MS, startOf } from '../../../src/domain/primitives/time.js';
import { USUAL_SIZES, type Sizes } from '../../../src/platform/sizes.js';
import { named } from '../../../src/temporal/answers.js';
import { statusOf, update } from '../../support/account.js';
import { createStand, type Stand } from '../../support/stand.js';

let stand: Stand;
/** The settings of the next audit. */
let sizes: Sizes = USUAL_SIZES;
const TEN_PAST = startOf(dayOf(Date.now())) + 10 * MINUTE_MS;
beforeAll(async () => {
  stand = await createStand({
    activities: () => ({
      auditFleet: (ask) =>
        named(createActivities({ pool: stand.pool, sizes })).auditFleet({ ...ask, at: TEN_PAST }),
    }),
  });
});
afterAll(() => stand.close());

let audits = 0;
function audit(changed: Partial<Sizes>): Promise<Audited> {
  sizes = { ...USUAL_SIZES, ...changed };
  return stand.client.workflow.execute('inmailFleetAudit', {
    workflowId: `audit-${stand.taskQueue}-${(audits += 1)}`,
    taskQueue: stand.taskQueue,
    args: [],
  });
}

/** Connects an account whose last reconcile found no difference. */
async function cold(): Promise<{ id: string; account: WorkflowHandle }> {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const isCold = async (): Promise<boolean> => {
    await update(account, 'reconcileNow');
    return (await statusOf(account)).nextReconcileAt === null;
  };
  await expect.poll(isCold).toBe(true);
  return { id, account };
}

it('SAFEBAND_AUDIT_WAKES limits the accounts that one audit wakes, and the next audit finds the others', async () => {
  const accounts = [await cold(), await cold(), await cold()];
  const ids = accounts.map(({ id }) => id);
  await stand.pool.query(
    'update safeband.accounts set inmails_sent_today = 9 where account_id = any($1)',
    [ids],
  );
  const left = async (): Promise<number> => {
    const { rows } = await stand.pool.query(
      'select from safeband.accounts where inmails_sent_today = 9 and account_id = any($1)',
      [ids],
    );
    return rows.length;
  };
  const first = await audit({ auditWakes: 2 });
  expect([first.woken, first.unreached]).toEqual([2, 1]);
  await expect.poll(left).toBe(1);
  expect((await audit({ auditWakes: 2 })).unreached).toBe(0);
  await expect.poll(left).toBe(0);
});

it.each([
  [1_400, 0],
  [300, 1],
])(
  'SAFEBAND_MIDNIGHT_SPREAD_SECONDS=%i decides that the audit at 00:10 calls %i rows of yesterday late',
  async (midnightSpreadSeconds, late) => {
    const { id, account } = await cold();
    await stand.pool.query(
      'update safeband.accounts set counter_day = counter_day - 1 where account_id = $1',
      [id],
    );
    expect((await audit({ midnightSpreadSeconds })).lateResets).toBe(late);
    await update(account, 'disconnect', { reason: 'the test has ended' });
    await account.result();
  },
);
