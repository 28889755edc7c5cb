/** So many requests a minute of each key, or of each address that shows none. */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
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
    if (request.routeOptions.config?.needs === 'public' && request.method === 'GET') return;
    const found = await look(request);
    if (!found.isAllowed && found.isExceeded) throw tooMany(Math.max(1, found.ttlInSeconds));
  });
}
