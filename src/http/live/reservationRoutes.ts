/** One reservation, or the ask that waits for it: now, or as soon as it is decided (R21). */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import { SafebandError } from '../../client/index.js';
import { isoInstant } from '../../domain/primitives/time.js';
import { readDecided } from '../../postgres/read/waiting.js';
import { Waits } from './waits.js';
import { problemOf } from '../plumbing/problems.js';
import * as answers from '../schemas/decisions.js';
import { accountId, closed, reservationId } from '../schemas/parts.js';
import { accountParams, problems } from '../routes/message.js';
import type { Parts } from '../context.js';

/** Shorter than the limits of common proxies. */
const WAIT_SECONDS_MAX = 30;
/** Maximum requests that wait in one server; each takes a connection of its caller. */
const WAITS_MAX = 2_000;
/** A row is read again after this time, in case its change was not reported. */
const LOOK_AGAIN_MS = 5_000;

const waitSeconds = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: WAIT_SECONDS_MAX,
    description: 'How long to wait for the decision of an ask that waits. 0: answer now.',
    examples: [WAIT_SECONDS_MAX],
  }),
);
const named = closed({ accountId, reservationId });
const byQuery = closed({ reservationId, waitSeconds });
const byPath = closed({ waitSeconds });
type Answer = Static<typeof answers.reservation>;
type Asked = { readonly accountId: string; readonly reservationId: string };

const summary = 'State and proof of one reservation, and the permission to call';
const description =
  'An ask that waits has the state waiting. With waitSeconds, the answer comes as soon as the ask ' +
  'is decided, or after that time.';

export function reservationRoutes(app: FastifyInstance, parts: Parts): void {
  const waits = new Waits();
  parts.live.alsoNotify(waits);
  app.addHook('preClose', async () => waits.close());
  const response = { 200: answers.reservation, ...problems };
  const tags = ['queries'];
  app.get<{ Params: Static<typeof accountParams>; Querystring: Static<typeof byQuery> }>(
    '/v1/accounts/:accountId/reservation',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'reservation',
        tags,
        summary,
        description,
        params: accountParams,
        querystring: byQuery,
        response,
      },
    },
    (request) => {
      const { reservationId: id, waitSeconds: seconds = 0 } = request.query;
      const asked = { accountId: request.params.accountId, reservationId: id };
      return decided(parts, waits, request, asked, seconds);
    },
  );
  app.get<{ Params: Static<typeof named>; Querystring: Static<typeof byPath> }>(
    '/v1/accounts/:accountId/reservations/:reservationId',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'reservationByPath',
        tags,
        summary,
        description,
        params: named,
        querystring: byPath,
        response,
      },
    },
    (request) => decided(parts, waits, request, request.params, request.query.waitSeconds ?? 0),
  );
}

/** Reads the reservation until its ask is decided, that time has passed, or the client has left. */
async function decided(
  parts: Parts,
  waits: Waits,
  { raw }: FastifyRequest,
  asked: Asked,
  seconds: number,
): Promise<Answer> {
  const deadline = parts.now() + seconds * 1_000;
  const left = new AbortController();
  raw.once('close', () => left.abort());
  const knownUntil = Math.min(deadline, parts.now() + LOOK_AGAIN_MS);
  for (;;) {
    const answer = await read(parts, asked).catch((error: unknown) => {
      // An ask that was withdrawn a moment ago may not have its row yet.
      const isWaiting = parts.now() < knownUntil && !left.signal.aborted;
      if (isUnknown(error) && isWaiting) return undefined;
      throw error;
    });
    if (answer === undefined) {
      await waits.until(asked.accountId, knownUntil - parts.now(), left.signal);
      continue;
    }
    if (answer.state !== 'waiting' || seconds === 0) return answer;
    if (waits.count >= WAITS_MAX) {
      const text = `${WAITS_MAX} requests wait in this server, its maximum; ask again later`;
      throw problemOf('Unavailable', text);
    }
    // The row is read instead of the account, because each question is a task of its workflow.
    let isOpen = true;
    while (isOpen && parts.now() < deadline && !left.signal.aborted) {
      const ms = Math.min(deadline - parts.now(), LOOK_AGAIN_MS);
      await waits.until(asked.accountId, ms, left.signal);
      const row = await readDecided(parts.pool, asked.accountId, asked.reservationId);
      isOpen = row === undefined || row.state === 'waiting';
    }
    if (isOpen) return answer;
  }
}

const isUnknown = (error: unknown): boolean =>
  error instanceof SafebandError && error.type === 'ReservationUnknown';

/** Reads it from the account, and the end of an ask that got no slot from its row. */
async function read({ client, pool }: Parts, { accountId: account, reservationId: id }: Asked) {
  try {
    return await client.reservation(account, id);
  } catch (error) {
    if (!isUnknown(error)) throw error;
    const row = await readDecided(pool, account, id);
    if (row?.state !== 'denied' && row?.state !== 'withdrawn') throw error;
    const { state, reason, decidedAt } = row;
    return {
      reservationId: id,
      state,
      reason,
      decidedAt: isoInstant(decidedAt ?? 0),
      mayAttempt: false as const,
    };
  }
}
