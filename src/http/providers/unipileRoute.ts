/** `POST /v1/providers/unipile`: receives the webhooks of Unipile (docs/unipile.md). */
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { IGNORED, readUnipileEvent } from '../../unipile/index.js';
import { isAccountId } from '../../domain/primitives/ids.js';
import { invalidInput, notFound, Problem } from '../plumbing/problems.js';
import { problems } from '../routes/message.js';
import { accountId, closed, orNull } from '../schemas/parts.js';
import { checkSecret } from './ownSecret.js';
import { applyEvent, type Done } from './unipileOrders.js';
import type { Parts } from '../context.js';

/** The header in which Unipile's documents send the secret. */
const HEADER = 'unipile-auth';

const query = closed({
  accountId: Type.Optional(accountId),
  unipileAccountId: Type.Optional(
    Type.String({ minLength: 1, maxLength: 128, description: "Unipile's id of that account." }),
  ),
});
const answer = closed({
  accountId: orNull(accountId),
  done: orNull(Type.Enum(['sendObserved', 'replyObserved', 'disconnect', 'connect', 'hold'])),
  why: orNull(Type.String({ description: 'Why nothing was done.' })),
});
type Answer = Static<typeof answer>;

const ignored = (why: string, id: string | null = null): Answer => ({
  accountId: id,
  done: null,
  why,
});

export function unipileRoute(app: FastifyInstance, parts: Parts): void {
  const { unipile } = parts;
  app.post<{ Querystring: Static<typeof query> }>(
    '/v1/providers/unipile',
    {
      config: { needs: 'public', hasOwnSecret: true },
      // Before the body is read: only Unipile may make the server read one.
      onRequest: async (request) => {
        if (!unipile) throw notSetUp();
        checkSecret(request, HEADER, unipile.secrets);
      },
      schema: {
        operationId: 'unipileWebhook',
        tags: ['providers'],
        summary: 'Receive what Unipile reports about messages and accounts',
        description: `Unipile sends the secret of the webhook in the header \`${HEADER}\`.`,
        security: [],
        querystring: query,
        body: Type.Object({}, { additionalProperties: true, examples: [EXAMPLE] }),
        response: { 200: answer, ...problems },
      },
    },
    async ({ body, query: named, log }): Promise<Answer> => {
      if (!unipile) throw notSetUp();
      if ((named.accountId === undefined) !== (named.unipileAccountId === undefined)) {
        const missing = named.accountId === undefined ? 'accountId' : 'unipileAccountId';
        throw invalidInput('accountId and unipileAccountId should come together', missing);
      }
      const read = readUnipileEvent(body);
      if ('flaw' in read) {
        throw invalidInput(`${read.flaw.field} should be ${read.flaw.should}`, read.flaw.field);
      }
      if ('ignored' in read) return ignored(IGNORED[read.ignored]);
      const { unipileAccountId } = read.event;
      if ((named.unipileAccountId ?? unipileAccountId) !== unipileAccountId) {
        return ignored('the address of this webhook names another account of Unipile');
      }
      const id = named.accountId ?? unipileAccountId;
      if (!isAccountId(id)) return ignored('the id is not an id of Safeband: name the account');
      const found: Done = await applyEvent({ ...parts, unipile }, id, read.event);
      log.info({ accountId: id, report: read.event.type, ...found }, 'unipile.received');
      return { accountId: id, ...found };
    },
  );
}

const notSetUp = (): Problem =>
  new Problem({
    ...notFound().fields,
    detail: 'the webhooks of Unipile are not set up here',
    cure: 'set SAFEBAND_UNIPILE_SECRET and start the server again',
  });

const EXAMPLE = {
  AccountStatus: {
    account_id: 'h_EKCy2lRLef5NzHp0iw4A',
    account_type: 'LINKEDIN',
    message: 'CREDENTIALS',
  },
};
