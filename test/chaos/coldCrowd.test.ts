/** Many callers of a cold account wait for one check of the database, not for one each (R12). */
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/ports.js';
import { isAccountId } from '../../src/domain/primitives/ids.js';
import { runAfter } from '../../src/domain/days/forecast.js';
import type { BatchAnswer } from '../../src/temporal/protocol.js';
import { all, ask, update, statusOf, type Known } from '../support/account.js';
import { must } from '../support/scenario.js';
import { createStand, type Stand } from '../support/stand.js';
import { fastForward } from '../support/time.js';

let stand: Stand;
/** A check waits for this promise before it reads. */
let road: Promise<unknown> = Promise.resolve();
let reads = 0;
beforeAll(async () => {
  const slowed = (real: Activities): Partial<Activities> => ({
    reconcile: async (run) => {
      reads += 1;
      await road;
      return real.reconcile(run);
    },
  });
  stand = await createStand({ activities: slowed });
});
afterAll(() => stand.close());

const runsOf = async (id: string): Promise<number> =>
  (await all(stand, 'select from safeband.reconciler_runs where account_id = $1', id)).length;

/** Returns an account without a check for 90 minutes, whose own next tick is nine minutes away. */
async function cold(): Promise<Known> {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  await expect.poll(() => statusOf(account)).toMatchObject({ verified: true, unsaved: 0 });
  const { asOf } = await statusOf(account);
  const now = Date.parse(asOf);
  const tick = runAfter(must(isAccountId, id), now + 90 * 60_000);
  await fastForward(stand.client, account.workflowId, Math.ceil((tick - now) / 1_000) + 60);
  expect(await statusOf(account)).toMatchObject({ nextReconcileAt: null });
  return { id, account };
}

/** Below the ten Updates that a workflow may have in flight. */
const CALLERS = 8;
const SIGNALS = 20;

/** Lets all callers ask by every way; returns the names of those that got a grant. */
async function crowd(account: WorkflowHandle, name: string): Promise<readonly string[]> {
  const signals = Array.from({ length: SIGNALS }, (_, n) =>
    account.signal('sendReserve', { reservationId: `${name}-s${n}` }),
  );
  await Promise.all(signals);
  const requests = [{ reservationId: `${name}-b0` }, { reservationId: `${name}-b1` }];
  const batch = update<BatchAnswer>(account, 'sendReserveBatch', { requests });
  const alone = Array.from({ length: CALLERS }, (_, n) => ask(account, `${name}-u${n}`));
  const decisions = [...(await Promise.all(alone)), ...(await batch).decisions];
  return decisions.flatMap((one) => (one.granted ? [one.reservationId] : []));
}

/**
 * Plays the scene until its check is in time. Callers wait 4.5 s for it, which a busy machine may
 * need; then none of them gets a grant.
 */
async function inTime(scene: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 5; tries += 1) if (await scene()) return;
  expect.fail('no check was in time');
}

it('one check answers all callers that ask in the same moment', () =>
  inTime(async () => {
    const { id, account } = await cold();
    const before = await runsOf(id);
    await stand.stopWorker();
    const asking = crowd(account, 'all');
    await stand.startWorker();
    const granted = await asking;
    if (granted.length === 0) return false;
    expect(granted).toHaveLength(CALLERS + 2);
    expect(await runsOf(id)).toBe(before + 1);
    const counter = SIGNALS + CALLERS + 2;
    expect(await statusOf(account)).toMatchObject({ counter, inFlight: counter });
    return true;
  }));

it('one check answers all callers that ask during a check', () =>
  inTime(async () => {
    const { id, account } = await cold();
    const before = await runsOf(id);
    let open = (): void => undefined;
    road = new Promise<void>((resolve) => {
      open = resolve;
    });
    const begun = reads;
    const first = ask(account, 'first');
    await expect.poll(() => reads).toBe(begun + 1);
    const asking = [crowd(account, 'one'), ask(account, 'last')] as const;
    open();
    const decisions = await Promise.all([first, asking[1]]);
    const granted = await asking[0];
    if (!decisions[0].granted) return false;
    expect(decisions).toMatchObject([{ granted: true }, { granted: true }]);
    expect(granted).toHaveLength(CALLERS + 2);
    expect(reads).toBe(begun + 1);
    expect(await runsOf(id)).toBe(before + 1);
    return true;
  }));
