/**
 * `Idempotency-Key`: the same key with the same ask hears the first answer again, for 24 hours. Only
 * an answer with a grant is kept: a denial or a refusal counted nothing, so the same key may ask
 * again. Who dies between grant and keeping leaves a claim that is taken over; the ask is then made
 * again, and the account itself answers the same grant with `repeated: true` (R3).
 */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { claim, isSame, keep, release, type Claim } from '../postgres/idempotency.js';
import type { Pool } from '../postgres/pool.js';
import { invalidInput, Problem } from './problems.js';

const KEY = /^[\x21-\x7e]{1,255}$/;
/** How long a second asker waits for the first, and how often it looks. */
const WAIT_MS = 6_000;
const LOOK_MS = 50;

export type Asked = {
  readonly pool: Pool;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
};

/** Runs `ask`, or says what was answered before; without the header it only runs it. */
export async function once<A extends object>(
  { pool, request, reply }: Asked,
  isKept: (answer: A) => boolean,
  ask: () => Promise<A>,
): Promise<A> {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return ask();
  const key = String(header);
  if (!KEY.test(key)) {
    throw invalidInput(
      'Idempotency-Key should be 1 to 255 printable ASCII characters',
      'Idempotency-Key',
    );
  }
  const mine: Claim = { keyId: request.caller.keyId, key, fingerprint: fingerprintOf(request) };
  const before = await answerBefore<A>(pool, mine);
  if (before !== undefined) {
    void reply.header('idempotency-replayed', 'true');
    return before;
  }
  let kept = false;
  try {
    const answer = await ask();
    kept = isKept(answer);
    // What was granted is told also where it cannot be kept: the account remembers it, too.
    if (kept) await keep(pool, mine, JSON.stringify(answer)).catch(() => undefined);
    return answer;
  } finally {
    // A claim that cannot be given back is taken over when it is old.
    if (!kept) await release(pool, mine).catch(() => undefined);
  }
}

/** What was answered before; undefined: the claim is ours, and so is the ask. */
async function answerBefore<A>(pool: Pool, mine: Claim): Promise<A | undefined> {
  for (let waited = 0; waited < WAIT_MS; waited += LOOK_MS) {
    const found = await claim<A>(pool, mine);
    if (found === 'claimed') return undefined;
    if (!isSame(found, mine)) throw otherAsk();
    if (found.answer !== null) return found.answer;
    await new Promise((resolve) => {
      setTimeout(resolve, LOOK_MS);
    });
  }
  throw new Problem({
    status: 409,
    kind: 'idempotency-in-progress',
    title: 'The same ask is under way',
    detail: 'another request with this Idempotency-Key has no answer yet',
    cure: 'ask again',
    retryAfterSeconds: 1,
  });
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
