/**
 * Executes an order on many accounts (R30): some accounts a second, each with one Update. An
 * account whose outcome is written is not asked again, and a repeated Update has the same id.
 */
import { cancellationSignal, getClient, heartbeat } from '@temporalio/activity';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import pLimit from 'p-limit';
import {
  messageOf,
  outcomeOf,
  type KeptOrder,
  type OrderOutcome,
} from '../../domain/fleet/order.js';
import { MINUTE_MS, SECOND_MS } from '../../domain/primitives/time.js';
import { endOrder, noteOutcome, readOrderWork } from '../../postgres/fleet/orders.js';
import type { Pool } from '../../postgres/pool.js';
import { workflowIdOf } from '../../temporal/protocol.js';
import type { Activities } from '../ports.js';

/** How long one activity works; then the workflow begins the next one. */
const WORK_MS = MINUTE_MS;
/** Maximum accounts that are asked at once. */
const AT_ONCE = 20;
const TRIES = 3;
const UPDATE_MS = 12 * SECOND_MS;
/** Maximum characters of an error in its row. */
const ERROR_CHARS = 500;

type Found = { readonly outcome: OrderOutcome; readonly error: string | null };

export const orderActivities = (pool: Pool): Pick<Activities, 'runOrder'> => ({
  runOrder: async ({ orderId }) => {
    const until = Date.now() + WORK_MS;
    while (Date.now() < until && !cancellationSignal().aborted) {
      const begunAt = Date.now();
      const work = await readOrderWork(pool, orderId, batchOf);
      if (!work) return { isOver: true };
      const { order, perSecond, isStopped, next } = work;
      if (isStopped || next.length === 0) {
        await endOrder(pool, orderId);
        return { isOver: true };
      }
      const batch = next.slice(0, perSecond);
      await pLimit(AT_ONCE).map(batch, async (accountId) => {
        const { outcome, error } = await ask(order, accountId);
        await noteOutcome(pool, { orderId, accountId, outcome, error });
        heartbeat(accountId);
      });
      // The batch is what one second may have.
      await pause(SECOND_MS * (batch.length / perSecond) - (Date.now() - begunAt));
    }
    return { isOver: false };
  },
});
/** Rows of one read: as many as the highest rate. */
const batchOf = 500;

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, ms));
  });

/** Sends the message to one account, and returns what became of it. Throws nothing. */
async function ask(order: KeptOrder, accountId: string): Promise<Found> {
  const { name, payload } = messageOf(order);
  const handle = getClient().workflow.getHandle(workflowIdOf(accountId));
  const updateId = `order-${order.orderId}`;
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await getClient().withDeadline(Date.now() + UPDATE_MS, () =>
        handle.executeUpdate<unknown, [object]>(name, { args: [payload], updateId }),
      );
      return { outcome: outcomeOf(order, answer), error: null };
    } catch (error) {
      const final = finalIn(error) ?? (tries < TRIES ? undefined : unavailable(error));
      if (final !== undefined) return { outcome: 'failed', error: final.slice(0, ERROR_CHARS) };
      heartbeat(accountId);
      await pause(SECOND_MS * tries);
    }
  }
}

/** Returns the refusal of the account; undefined if the same message may succeed later. */
function finalIn(error: unknown): string | undefined {
  if (error instanceof WorkflowNotFoundError) {
    return 'AccountUnknown: the account is not connected';
  }
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) return undefined;
  return TEMPORARY.includes(cause.type) ? undefined : `${cause.type}: ${cause.message}`;
}
const TEMPORARY: readonly unknown[] = [
  'Unavailable',
  'UnprocessedUpdate',
  'AcceptedUpdateCompletedWorkflow',
];

const unavailable = (error: unknown): string =>
  `Unavailable: ${error instanceof Error ? error.message : String(error)}`;
