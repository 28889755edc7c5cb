/** `POST /v1/groups/:group/sendReserve`: one slot of any account of a group (R31). */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { GroupUnknown, type SafebandClient } from '../../client/index.js';
import { membersOf } from '../../postgres/groups/members.js';
import { hasGroup, maySee, type Caller } from '../access/caller.js';
import type { Parts } from '../context.js';
import { checkIdempotencyKey } from '../plumbing/idempotency.js';
import { forbidden } from '../plumbing/problems.js';
import { checkOf } from '../plumbing/validation.js';
import { groupDecision } from '../schemas/decisions.js';
import { groupReserve } from '../schemas/messages.js';
import { groupParams, groupUnknown } from './groups.js';
import { idempotencyHeader, inHandler, problems } from './message.js';

type Params = Static<typeof groupParams>;
type Answer = Awaited<ReturnType<SafebandClient['groups']['reserve']>>;

const check = checkOf(groupReserve);

/** Adds the route that asks the accounts of a group one after the other. */
export function groupReserveRoute(app: FastifyInstance, parts: Parts): void {
  const { client, pool } = parts;
  app.post<{ Params: Params }>(
    '/v1/groups/:group/sendReserve',
    {
      config: { needs: 'send' },
      validatorCompiler: inHandler,
      schema: {
        operationId: 'sendReserveInGroup',
        tags: ['groups'],
        summary: 'Ask for one slot of any account of a group',
        description:
          'Asks the accounts in the order of next, until one grants; the answer names it. A ' +
          'recipient stays with the account that has contacted them. If an account does not answer, ' +
          'repeat the request with the same reservationId: it continues with that account.',
        params: groupParams,
        headers: idempotencyHeader,
        body: groupReserve,
        response: { 200: groupDecision, ...problems },
      },
    },
    async (request, reply) => {
      const { caller, params } = request;
      const { group } = params;
      const found = check(request.body);
      if ('problem' in found) throw found.problem;
      await checkWhole(parts, caller, group);
      await checkIdempotencyKey({ pool, request, reply });
      const options = { maySee: (accountId: string) => maySee(caller, accountId) };
      const answer = await client.groups
        .reserve(group, found.value, options)
        .catch((error: unknown) => {
          throw error instanceof GroupUnknown ? groupUnknown() : error;
        });
      return answered(reply, answer, parts.now());
    },
  );
}

/**
 * Throws unless the key has the whole group: what the group has sent to a recipient concerns each
 * of its accounts.
 */
async function checkWhole({ pool }: Parts, caller: Caller, group: string): Promise<void> {
  if (hasGroup(caller, group)) return;
  const members = await membersOf(pool, group);
  if (!members.some((accountId) => maySee(caller, accountId))) throw groupUnknown();
  throw forbidden(
    `this key has some accounts of ${group}, and not the group`,
    'ask these accounts one by one, or use a key of the group',
  );
}

function answered(reply: FastifyReply, answer: Answer, now: number) {
  if (answer.granted) return answer;
  if (answer.retryAt !== null) {
    const seconds = Math.ceil((Date.parse(answer.retryAt) - now) / 1_000);
    void reply.header('retry-after', String(Math.max(0, seconds)));
  }
  return answer;
}
