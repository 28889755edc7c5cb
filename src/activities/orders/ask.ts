/** Sends the message of an order to one account, and returns what became of it (R30). */
import { getClient, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { isNotFound, isWorthRetrying } from '../../client/errors.js';
import {
  messageOf,
  outcomeOf,
  type KeptOrder,
  type OrderOutcome,
} from '../../domain/fleet/order.js';
import { errorText } from '../../domain/primitives/errorText.js';
import { SECOND_MS } from '../../domain/primitives/time.js';
import { workflowIdOf } from '../../temporal/protocol.js';

const TRIES = 3;
const UPDATE_MS = 12 * SECOND_MS;
/** Maximum characters of an error in its row. */
const ERROR_CHARS = 500;

type Found = { readonly outcome: OrderOutcome; readonly error: string | null };

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Sends the message, at most three times. A repeated one has the same id. Throws nothing. */
export async function ask(order: KeptOrder, accountId: string): Promise<Found> {
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
  if (isWorthRetrying(error)) return undefined;
  if (isNotFound(error)) return 'AccountUnknown: the account is not connected';
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure) || cause.type === 'Unavailable') return undefined;
  return `${cause.type}: ${cause.message}`;
}

const unavailable = (error: unknown): string => `Unavailable: ${errorText(error)}`;
