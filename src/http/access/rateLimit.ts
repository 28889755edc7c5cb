/** Limits the requests per minute of each key, or of each address without a remembered key. */
import { isIP } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { NOBODY } from './caller.js';
import { tooMany } from '../plumbing/problems.js';

export async function addRateLimit(app: FastifyInstance, max: number): Promise<void> {
  await app.register(rateLimit, { global: false });
  const limit = app.createRateLimit({
    max,
    timeWindow: '1 minute',
    keyGenerator: ({ caller, ip }) =>
      caller === NOBODY ? `ip ${networkOf(ip)}` : `key ${caller.keyId}`,
  });
  app.addHook('onRequest', async (request) => {
    if (isFree(request)) return;
    const found = await limit(request);
    if (!found.isAllowed && found.isExceeded) throw tooMany(Math.max(1, found.ttlInSeconds));
  });
}

/** True for the routes of load balancers: a 429 would make them restart a working server. */
const isFree = ({ method, routeOptions: { url } }: FastifyRequest): boolean =>
  method === 'GET' && (url === '/livez' || url === '/readyz');

/** Returns the network of an IPv6 address, because each client has 2^64 addresses of it. */
export function networkOf(ip: string): string {
  if (isIP(ip) !== 6) return ip;
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip) ?? [];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = ip.toLowerCase().split('%')[0]?.split('::') ?? [];
  const groups = (part: string | undefined): readonly string[] =>
    part ? part.split(':').filter(Boolean) : [];
  const [first, last] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const all = [...first, ...Array.from({ length: zeros }, () => '0'), ...last];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
