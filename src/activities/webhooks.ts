/** Sends webhooks for some minutes, as an activity that heartbeats and can be cancelled. */
import { cancellationSignal, heartbeat, log } from '@temporalio/activity';
import type { Activities } from './ports.js';
import type { Pool } from '../postgres/pool.js';
import { mayCall, type Network } from '../webhooks/networks.js';
import { createPoster } from '../webhooks/post.js';
import { sendUntil } from '../webhooks/sender.js';
import { pause, untilEndpoint } from '../webhooks/waiting.js';

export type WebhookNeeds = {
  /** Private networks that may be called; none by default. */
  readonly networks?: readonly Network[];
  /** Aborted when the worker stops: then no new webhook is begun. */
  readonly leaving?: AbortSignal;
};

export function webhookActivities(
  pool: Pool,
  { networks = [], leaving: stopping }: WebhookNeeds,
): Pick<Activities, 'sendWebhooks' | 'awaitEndpoint'> {
  /** Aborted when the activity is cancelled or the worker stops. */
  const leavingNow = (): AbortSignal =>
    AbortSignal.any([cancellationSignal(), ...(stopping ? [stopping] : [])]);
  return {
    sendWebhooks: async ({ forMs }) => {
      const poster = createPoster(mayCall(networks));
      try {
        return await sendUntil(
          {
            pool,
            post: poster.post,
            now: Date.now,
            random: Math.random,
            leaving: leavingNow(),
            beat: heartbeat,
            warn: (line, details) => log.warn(line, { ...details }),
          },
          Date.now() + forMs,
        );
      } finally {
        poster.close();
      }
    },
    awaitEndpoint: async ({ forMs }) => {
      const needs = { db: pool, now: Date.now, pause, leaving: leavingNow(), beat: heartbeat };
      return { isThere: await untilEndpoint(needs, Date.now() + forMs) };
    },
  };
}
