/**
 * The sender of webhooks: one activity of ten minutes, then it ends. A Schedule starts it every
 * minute, and the next one as soon as the last has ended; all that it knows is in Postgres. While
 * there is no endpoint, another activity waits for one, almost without heartbeats: Temporal Cloud
 * bills each of them.
 */
import type { WebhooksSent } from '../activities/ports.js';
import { remotely } from './activityProxies.js';

const SEND_FOR_MS = 10 * 60_000;
const usual = {
  startToCloseTimeout: '12 minutes',
  // If Postgres does not answer, the activity waits.
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
} as const;
/** If a worker dies, another worker follows at once. */
const sender = remotely({ ...usual, heartbeatTimeout: '20 seconds' });
/** If a worker dies, an endpoint that is added then may have to wait five minutes for another. */
const waiter = remotely({ ...usual, heartbeatTimeout: '5 minutes' });

export async function inmailWebhooks({ forMs = SEND_FOR_MS } = {}): Promise<WebhooksSent> {
  const sent = await sender.sendWebhooks({ forMs });
  if (!sent.isIdle) return sent; // also after a worker that does not know it
  const { isThere } = await waiter.awaitEndpoint({ forMs });
  return isThere ? sender.sendWebhooks({ forMs }) : sent;
}
