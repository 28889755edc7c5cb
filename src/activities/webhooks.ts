/** Sends webhooks for some minutes, as an activity that heartbeats and can be cancelled. */
import { cancellationSignal, heartbeat, log } from '@temporalio/activity';
import type { Activities } from './ports.js';
import type { Pool } from '../postgres/pool.js';
import { mayCall, type Network } from '../webhooks/networks.js';
import { createPoster } from '../webhooks/post.js';
import { sendUntil } from '../webhooks/sender.js';

export type WebhookNeeds = {
  /** Private networks that may be called; none by default. */
  readonly networks?: readonly Network[];
  /** Aborted when the worker stops: then no new webhook is begun. */
  readonly leaving?: AbortSignal;
};

export function webhookActivities(
  pool: Pool,
  { networks = [], leaving }: WebhookNeeds,
): Pick<Activities, 'sendWebhooks'> {
  return {
    sendWebhooks: async ({ forMs }) => {
      const poster = createPoster(mayCall(networks));
      const signals = [cancellationSignal(), ...(leaving ? [leaving] : [])];
      try {
        return await sendUntil(
          {
            pool,
            post: poster.post,
            now: Date.now,
            random: Math.random,
            leaving: AbortSignal.any(signals),
            beat: heartbeat,
            warn: (line, details) => log.warn(line, { ...details }),
          },
          Date.now() + forMs,
        );
      } finally {
        poster.close();
      }
    },
  };
}
