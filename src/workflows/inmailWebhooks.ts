/**
 * The sender of webhooks: one activity of ten minutes, then it ends. A Schedule starts it every
 * minute, and the next one as soon as the last has ended; all that it knows is in Postgres.
 */
import type { WebhooksSent } from '../activities/ports.js';
import { remotely } from './activityProxies.js';

const SEND_FOR_MS = 10 * 60_000;
const sender = remotely({
  startToCloseTimeout: '12 minutes',
  heartbeatTimeout: '20 seconds',
  // If a worker dies, another worker follows at once. If Postgres does not answer, the activity
  // waits.
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
});

export async function inmailWebhooks({ forMs = SEND_FOR_MS } = {}): Promise<WebhooksSent> {
  return sender.sendWebhooks({ forMs });
}
