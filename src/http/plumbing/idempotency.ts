/**
 * `Idempotency-Key`: for 24 hours a key belongs to one request. No answer is stored. The account
 * gets each repetition, because a repeated grant that looked new would send an InMail twice. The
 * account answers the same grant with `repeated: true`, or that the reservation is settled (R3).
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

/** Throws if the key was used for another request before; a request may have no key. */
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
  if (found === 'other') throw otherRequest();
  if (found === 'same') void reply.header('idempotency-replayed', 'true');
}

const otherRequest = (): Problem =>
  new Problem({
    status: 422,
    kind: 'idempotency-key-reused',
    title: 'This Idempotency-Key was used for another request',
    code: 'ReservationConflict',
    detail: 'the earlier request with this Idempotency-Key had another path or another body',
    field: 'Idempotency-Key',
    cure: 'use a new Idempotency-Key for each new request',
  });

const fingerprintOf = ({ method, url, body }: FastifyRequest): Buffer =>
  createHash('sha256')
    .update(`${method} ${url}\n${JSON.stringify(body)}`)
    .digest();
