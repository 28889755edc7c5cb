/** Builds the route of a message of the contract: `POST /v1/accounts/:accountId/<name>`. */
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchemaCompiler } from 'fastify';
import { Type, type Static, type TSchema } from 'typebox';
import type { Caller, Need } from '../access/caller.js';
import { closed, accountId as accountIdSchema } from '../schemas/parts.js';
import { problem } from '../schemas/answers.js';
import { checkOf, compiler } from '../plumbing/validation.js';
import type { Parts } from '../context.js';

export type Asked = {
  readonly parts: Parts;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly caller: Caller;
  readonly accountId: string;
};
type Message<B extends TSchema, A extends TSchema> = {
  readonly name: string;
  /** The end of the path, if it is not the name. */
  readonly path?: string;
  readonly needs: Need;
  readonly summary: string;
  readonly description?: string;
  readonly body: B;
  /** The schema in the OpenAPI document, if it is stricter than the check in this process. */
  readonly shown?: TSchema;
  readonly answer: A;
  readonly isIdempotent?: boolean;
  readonly mayBeNew?: boolean;
  readonly send: (asked: Asked & { readonly body: Static<B> }) => Promise<Static<A>>;
};

export const accountParams = closed({ accountId: accountIdSchema });
/** The error answer of every route. */
export const problems = {
  default: {
    description: 'Problem details (RFC 9457).',
    content: { 'application/problem+json': { schema: problem } },
  },
};
export const idempotencyHeader = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'Identifies this request for 24 hours. If the request is repeated, a grant has `repeated: true`.',
    }),
  ),
});

/** Leaves the check of the body to the handler, which needs its type. */
export const inHandler: FastifySchemaCompiler<TSchema> = (route) =>
  route.httpPart === 'body' ? (value: unknown) => ({ value }) : compiler(route);

/** Returns a plugin that adds the route of a message. */
export const message =
  <B extends TSchema, A extends TSchema>(one: Message<B, A>) =>
  (app: FastifyInstance, parts: Parts): void => {
    const { name, needs, summary, description } = one;
    const check = checkOf(one.body);
    app.post<{ Params: Static<typeof accountParams> }>(
      `/v1/accounts/:accountId/${one.path ?? name}`,
      {
        config: { needs, mayBeNew: one.mayBeNew ?? false },
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
        return one.send({ parts, request, reply, caller, accountId, body: found.value });
      },
    );
  };
