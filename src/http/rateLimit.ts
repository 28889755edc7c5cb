/** So many requests a minute of each key, or of each address that shows none that is remembered. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { asksWho, credentialIn } from './auth.js';
import { NOBODY } from './caller.js';
import { tooMany } from './problems.js';

export async function addRateLimit(app: FastifyInstance, max: number): Promise<void> {
  await app.register(rateLimit, { global: false });
  const look = app.createRateLimit({
    max,
    timeWindow: '1 minute',
    keyGenerator: ({ caller, ip }) => (caller === NOBODY ? `ip ${ip}` : `key ${caller.keyId}`),
  });
  app.addHook('onRequest', async (request) => {
    if (isFree(request)) return;
    const found = await look(request);
    if (!found.isAllowed && found.isExceeded) throw tooMany(Math.max(1, found.ttlInSeconds));
  });
}

/** What anybody may get, unless somebody who is not remembered is to be looked up for it. */
const isFree = (request: FastifyRequest): boolean =>
  request.method === 'GET' &&
  request.routeOptions.config?.needs === 'public' &&
  (request.caller !== NOBODY || !asksWho(request) || credentialIn(request) === undefined);
