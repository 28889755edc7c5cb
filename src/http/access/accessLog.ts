/**
 * Log events of log-ins and refusals: role, route, address, and the public part of a key. The
 * number of logged refusals per minute is limited, so that a client without a key cannot flood the
 * log.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MINUTE_MS, type Instant } from '../../domain/primitives/time.js';
import { keyIdIn } from '../../postgres/access/keys.js';
import { credentialIn } from './auth.js';
import { NOBODY } from './caller.js';

/** Maximum number of refusals per minute that are logged; the others are counted. */
const LOGGED_PER_MINUTE = 60;
const EVENTS: Readonly<Record<number, string>> = {
  401: 'access.key_refused',
  403: 'access.refused',
};

/** Logs each 401 and 403. */
export function addAccessLog(app: FastifyInstance, now: () => Instant): void {
  let [minute, logged, left] = [-1, 0, 0];
  app.addHook('onResponse', async (request, reply) => {
    const event = EVENTS[reply.statusCode];
    // A request without any key has only opened a page.
    if (event === undefined || isFirstVisit(request, reply)) return;
    const at = Math.floor(now() / MINUTE_MS);
    if (at !== minute) {
      if (left > 0) request.log.warn({ count: left }, 'access.refused_more');
      [minute, logged, left] = [at, 0, 0];
    }
    if (logged >= LOGGED_PER_MINUTE) {
      left += 1;
      return;
    }
    logged += 1;
    request.log.warn(whoOf(request), event);
  });
}

const isFirstVisit = (request: FastifyRequest, reply: FastifyReply): boolean =>
  reply.statusCode === 401 && request.method === 'GET' && credentialIn(request) === undefined;

/** Returns the fields of a log event about a request; none is a secret. */
export function whoOf(request: FastifyRequest): object {
  const { caller, method, ip, routeOptions } = request;
  const shown = credentialIn(request);
  const keyId = caller === NOBODY ? keyIdIn(shown?.text ?? '') : caller.keyId;
  return {
    method,
    route: routeOptions?.url ?? null,
    address: ip,
    ...(shown ? { by: shown.kind } : {}),
    ...(keyId === undefined ? {} : { keyId }),
    ...(caller === NOBODY ? {} : { role: caller.role }),
  };
}

/** Forbids browsers and proxies to store what a key may see, unless a route allows it. */
export function addNoStore(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => {
    const isPublic = request.routeOptions?.config?.needs === 'public';
    if (!isPublic && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
}
