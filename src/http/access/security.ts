/** Headers that keep a browser from doing what no page here needs, and proof of the own origin. */
import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Nothing but our own scripts, styles and images; a page that needs more says so itself. */
export const CONTENT_SECURITY_POLICY = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'base-uri': ["'none'"],
} as const;

export async function addSecurityHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: Object.fromEntries(
        Object.entries(CONTENT_SECURITY_POLICY).map(([name, values]) => [name, [...values]]),
      ),
    },
    referrerPolicy: { policy: 'same-origin' },
    // Plain HTTP on loopback is how it starts; whoever ends TLS in front sends HSTS itself.
    strictTransportSecurity: false,
  });
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];
export const changesState = ({ method }: FastifyRequest): boolean => !SAFE_METHODS.includes(method);

/**
 * Did a page of our own send this? Browsers say where a request comes from; one that says nothing
 * proves nothing.
 */
export function isOwnOrigin({ headers }: FastifyRequest): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return site === 'same-origin';
  return URL.canParse(origin) && new URL(origin).host === host;
}
