/**
 * Log events of log-ins and refusals: role, route, address, and the part of a key that
 * is no secret. Refusals are bounded each minute, so that a stranger cannot flood the log.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MINUTE_MS, type Instant } from '../../domain/primitives/time.js';
import { keyIdIn } from '../../postgres/access/keys.js';
import { credentialIn } from './auth.js';
import { NOBODY } from './caller.js';

/** Refusals that are told each minute; the rest are counted. */
const TOLD_PER_MINUTE = 60;
const EVENTS: Readonly<Record<number, string>> = {
  401: 'access.key_refused',
  403: 'access.refused',
};

/** Logs each 401 and 403. */
export function addAccessLog(app: FastifyInstance, now: () => Instant): void {
  let [minute, told, left] = [-1, 0, 0];
  app.addHook('onResponse', async (request, reply) => {
    const event = EVENTS[reply.statusCode];
    // Somebody who shows nothing at all has only opened a page.
    if (event === undefined || isStroll(request, reply)) return;
    const at = Math.floor(now() / MINUTE_MS);
    if (at !== minute) {
      if (left > 0) request.log.warn({ count: left }, 'access.refused_more');
      [minute, told, left] = [at, 0, 0];
    }
    if (told >= TOLD_PER_MINUTE) {
      left += 1;
      return;
    }
    told += 1;
    request.log.warn(whoOf(request), event);
  });
}

const isStroll = (request: FastifyRequest, reply: FastifyReply): boolean =>
  reply.statusCode === 401 && request.method === 'GET' && credentialIn(request) === undefined;

/** Whom a log event names; nothing of it is a secret. */
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

/** What a key may see is kept by nobody on the way, unless a route says otherwise. */
export function addNoStore(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply) => {
    const isPublic = request.routeOptions?.config?.needs === 'public';
    if (!isPublic && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
}
