/** A sender of webhooks in a separate process, which a test can kill. */
import { createPool } from '../../src/postgres/pool.js';
import { mayCall } from '../../src/webhooks/networks.js';
import { createPoster } from '../../src/webhooks/post.js';
import { sendUntil } from '../../src/webhooks/sender.js';

await sendUntil(
  {
    pool: createPool(process.env['DATABASE_URL'] ?? ''),
    post: createPoster(mayCall([{ address: '127.0.0.1', prefix: 32 }]), { timeoutMs: 60_000 }).post,
    now: Date.now,
    random: Math.random,
    leaving: new AbortController().signal,
    beat: () => undefined,
    warn: () => undefined,
  },
  Number.POSITIVE_INFINITY,
);
