/** Routes that a provider calls: they have a secret of their own in place of a key. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { unauthenticated } from '../plumbing/problems.js';

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Throws if the header is not one of the secrets. Every secret is compared, in constant time; more
 * than one secret is valid while a provider changes from one to the next.
 */
export function checkSecret(
  { headers }: FastifyRequest,
  header: string,
  secrets: readonly string[],
): void {
  const given = headers[header];
  const shown = digestOf(typeof given === 'string' ? given : '');
  const same = secrets.filter((secret) => timingSafeEqual(digestOf(secret), shown));
  if (same.length > 0) return;
  throw unauthenticated(
    given === undefined
      ? `the header ${header} is missing`
      : `the header ${header} is not the secret`,
    `send the secret of the webhook in the header ${header}`,
  );
}
