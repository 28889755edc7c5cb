/** Security headers for browsers, and the check that a form comes from a page of this server. */
import helmet from '@fastify/helmet';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Allows only our own scripts, styles and images; a page that needs more has its own policy. */
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
    // The server itself speaks plain HTTP; the proxy that ends TLS sends HSTS.
    strictTransportSecurity: false,
  });
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];
export const changesState = ({ method }: FastifyRequest): boolean => !SAFE_METHODS.includes(method);

/**
 * True if a page of this server sent the request. Browsers send the origin; a request without it
 * is not trusted.
 */
export function isOwnOrigin({ headers }: FastifyRequest): boolean {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return site === 'same-origin';
  return URL.canParse(origin) && new URL(origin).host === host;
}
