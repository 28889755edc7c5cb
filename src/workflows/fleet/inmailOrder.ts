/**
 * An order on many accounts (R30). All that it knows is in Postgres: its accounts, and what became
 * of each. The activity works for a minute, and the workflow repeats it until no account is left.
 */
import { makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import { remotely } from '../activityProxies.js';

export type OrderStart = { readonly orderId: string };
/** A run of so many activities has a short history, also for 100,000 accounts. */
const BATCHES_MAX = 50;

const work = remotely({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '30 seconds',
  // If a worker dies, another one follows. If Postgres does not answer, the order waits.
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});

/** Executes the order, until each account has its outcome or a person stops it. */
export async function inmailOrder({ orderId }: OrderStart): Promise<void> {
  for (let batches = 0; batches < BATCHES_MAX; batches += 1) {
    const { isOver } = await work.runOrder({ orderId });
    if (isOver) return;
    if (workflowInfo().continueAsNewSuggested) break;
  }
  await makeContinueAsNewFunc<typeof inmailOrder>()({ orderId });
}
