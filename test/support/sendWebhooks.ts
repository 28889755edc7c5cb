/** Sends the webhooks that are due, as the sender of a worker does, to receivers on this machine. */
import type { Pool } from '../../src/postgres/pool.js';
import { mayCall } from '../../src/webhooks/networks.js';
import { createPoster } from '../../src/webhooks/post.js';
import { sendDue } from '../../src/webhooks/sender.js';

export async function sendWebhooks(pool: Pool): Promise<void> {
  const poster = createPoster(mayCall([{ address: '127.0.0.1', prefix: 32 }]));
  await sendDue({
    pool,
    post: poster.post,
    now: Date.now,
    random: Math.random,
    leaving: new AbortController().signal,
    beat: () => undefined,
    warn: () => undefined,
  });
  poster.close();
}
