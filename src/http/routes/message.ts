/** One message of the contract as a route: `POST /v1/accounts/:accountId/<name>`. */
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import { Type, type Static, type TSchema } from 'typebox';
import type { Caller, Need } from '../access/caller.js';
import { closed, accountId as accountIdSchema } from '../schemas/parts.js';
import { problem } from '../schemas/answers.js';
import { checkOf, compiler } from '../plumbing/validation.js';
import type { Parts } from '../context.js';

export type Said = {
  readonly parts: Parts;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller;
  readonly accountId: string;
};
type Message<B extends TSchema, A extends TSchema> = {
  readonly name: string;
  readonly needs: Need;
  readonly summary: string;
  readonly description?: string;
  readonly body: B;
  /** What the document shows of it, where that is more than what is checked here. */
  readonly shown?: TSchema;
  readonly answer: A;
  readonly isIdempotent?: boolean;
  readonly say: (said: Said & { readonly body: Static<B> }) => Promise<Static<A>>;
};

export const accountParams = closed({ accountId: accountIdSchema });
/** What any route may answer when it does not do what it was asked. */
export const problems = {
  default: {
    description: 'Problem details (RFC 9457).',
    content: { 'application/problem+json': { schema: problem } },
  },
};
const idempotencyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description: 'For 24 hours the key is for this ask; again, a grant has `repeated: true`.',
    }),
  ),
});

/** The body is checked where its type is needed. */
const inHandler: FastifySchemaCompiler<TSchema> = (route) =>
  route.httpPart === 'body' ? (value: unknown) => ({ value }) : compiler(route);

/** A plugin that adds the route of one message. */
export const message =
  <B extends TSchema, A extends TSchema>(one: Message<B, A>) =>
  (app: FastifyInstance, parts: Parts): void => {
    const { name, needs, summary, description } = one;
    const check = checkOf(one.body);
    app.post<{ Params: Static<typeof accountParams> }>(
      `/v1/accounts/:accountId/${name}`,
      {
        config: { needs },
        validatorCompiler: inHandler,
        schema: {
          operationId: name,
          tags: ['messages'],
          summary,
          ...(description ? { description } : {}),
          params: accountParams,
          ...(one.isIdempotent ? { headers: idempotencyHeader } : {}),
          body: one.shown ?? one.body,
          response: { 200: one.answer, ...problems },
        },
      },
      async (request, reply) => {
        const { accountId } = request.params;
        const found = check(request.body);
        if ('problem' in found) throw found.problem;
        const { caller } = request;
        return one.say({ parts, request, reply, caller, accountId, body: found.value });
      },
    );
  };
