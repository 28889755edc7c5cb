/**
 * The HTTP server as a function of what it needs: no port and no environment are in here. One file
 * of `routes` or `pages` is one plugin.
 */
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { SafebandClient } from '../client/index.js';
import type { Instant } from '../domain/time.js';
import type { Pool } from '../postgres/pool.js';
import { addAuth, addChecks } from './auth.js';
import { Keyring } from './keyring.js';
import { LIMITS, type Limits } from './limits.js';
import { addProblems, answerError } from './problems.js';
import { addSecurityHeaders } from './security.js';

export type Needs = {
  readonly client: SafebandClient;
  readonly pool: Pool;
  readonly logger: FastifyBaseLogger;
  readonly now: () => Instant;
  /** Where the Temporal UI shows workflows, such as `http://127.0.0.1:8233/namespaces/default`. */
  readonly temporalUiUrl: string | null;
  /** Other limits than usual. */
  readonly limits?: Partial<Limits>;
};
/** What a plugin gets: the same, with the parts that all of them share. */
export type Parts = Needs & { readonly keyring: Keyring };

/** All routes, ready to listen or to inject. */
export async function createApp(needs: Needs): Promise<FastifyInstance> {
  const limits = { ...LIMITS, ...needs.limits };
  const app: FastifyInstance = fastify({
    loggerInstance: needs.logger,
    disableRequestLogging: true,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.connectionMs,
    keepAliveTimeout: limits.keepAliveMs,
    http: { maxHeaderSize: limits.headerBytes },
    routerOptions: { maxParamLength: limits.paramChars },
    frameworkErrors: answerError,
  });
  const keyring = new Keyring(needs.pool, needs.now);
  addProblems(app);
  await addSecurityHeaders(app);
  await addAuth(app, keyring);
  addChecks(app);
  app.get('/livez', { config: { needs: 'public' } }, () => ({ status: 'ok' }));
  await app.ready();
  return app;
}
