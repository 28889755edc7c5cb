/**
 * The HTTP server as a function of what it needs: no port and no environment are in here. One file
 * of `routes` or `pages` is one plugin.
 */
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { SafebandClient } from '../client/index.js';
import type { Instant } from '../domain/time.js';
import type { Pool } from '../postgres/pool.js';

export type Needs = {
  readonly client: SafebandClient;
  readonly pool: Pool;
  readonly logger: FastifyBaseLogger;
  readonly now: () => Instant;
  /** Where the Temporal UI shows workflows, such as `http://127.0.0.1:8233/namespaces/default`. */
  readonly temporalUiUrl: string | null;
};

/** All routes, ready to listen or to inject. */
export async function createApp({ logger }: Needs): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({ loggerInstance: logger, disableRequestLogging: true });
  app.get('/livez', () => ({ status: 'ok' }));
  await app.ready();
  return app;
}
