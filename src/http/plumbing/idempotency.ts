/**
 * `Idempotency-Key`: for 24 hours the same key is for the same ask. No answer is kept: the account
 * is asked each time, because a grant that is told again as if it were new is sent twice. It
 * answers the same grant with `repeated: true`, or that the reservation is settled (R3).
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { claim } from '../../postgres/operations/idempotency.js';
import type { Pool } from '../../postgres/pool.js';
import { invalidInput, Problem } from './problems.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

export type Asked = {
  readonly pool: Pool;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
};

/** Throws where the key came with another ask before; without the header all is well. */
export async function checkIdempotencyKey({ pool, request, reply }: Asked): Promise<void> {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return;
  const key = String(header);
  if (!KEY.test(key)) {
    throw invalidInput(
      'Idempotency-Key should be 1 to 255 printable ASCII characters',
      'Idempotency-Key',
    );
  }
  const { keyId } = request.caller;
  const found = await claim(pool, { keyId, key, fingerprint: fingerprintOf(request) });
  if (found === 'other') throw otherAsk();
  if (found === 'same') void reply.header('idempotency-replayed', 'true');
}

const otherAsk = (): Problem =>
  new Problem({
    status: 422,
    kind: 'idempotency-key-reused',
    title: 'That Idempotency-Key was used for another ask',
    code: 'ReservationConflict',
    detail: 'this Idempotency-Key came with another path or another body before',
    field: 'Idempotency-Key',
    cure: 'use a new Idempotency-Key for a new ask',
  });

const fingerprintOf = ({ method, url, body }: FastifyRequest): Buffer =>
  createHash('sha256')
    .update(`${method} ${url}\n${JSON.stringify(body)}`)
    .digest();
