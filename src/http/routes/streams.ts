/**
 * Live streams: `text/event-stream`, until the client leaves, reads too slowly, or loses its key.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { credentialIn } from '../access/auth.js';
import { unauthenticated } from '../plumbing/problems.js';
import type { StatusRead } from '../../status/readStatus.js';
import { accountParams, problems } from './message.js';
import type { Parts } from '../context.js';

const answer = (description: string) => ({
  200: { description, content: { 'text/event-stream': { schema: { type: 'string' } } } },
  ...problems,
});
const open = {
  config: { needs: 'read' },
  exposeHeadRoute: false,
} as const;

export function streamRoutes(app: FastifyInstance, parts: Parts): void {
  const { live, statuses } = parts;
  app.addHook('preClose', async () => live.close());
  app.get<{ Params: Static<typeof accountParams> }>(
    '/v1/accounts/:accountId/stream',
    {
      ...open,
      schema: {
        operationId: 'stream',
        tags: ['streams'],
        summary: "The account's status, now and after each change",
        description:
          'An event `status` has the version as its id and the status as its data. An event `change` ' +
          "reports that the account's row was written, even if the status is the same.",
        params: accountParams,
        response: answer('Events, and a comment every 15 seconds.'),
      },
    },
    async (request, reply) => {
      const { accountId } = request.params;
      const first = await statuses.read(accountId);
      begin(parts, request, reply, { accountId, first });
    },
  );
  app.get(
    '/v1/stream',
    {
      ...open,
      schema: {
        operationId: 'streamOfAll',
        tags: ['streams'],
        summary: 'The accounts that have changed, of those that the key may see',
        description:
          'An event `change` has `{accountId, version}` as its data. After an event `resync`, read the ' +
          'accounts again, because changes may have been missed.',
        response: answer('Events, and a comment every 15 seconds.'),
      },
    },
    (request, reply) => {
      begin(parts, request, reply, { accountId: null, first: null });
    },
  );
}

function begin(
  { live }: Parts,
  request: FastifyRequest,
  reply: FastifyReply,
  { accountId, first }: { readonly accountId: string | null; readonly first: StatusRead | null },
): void {
  const credential = credentialIn(request);
  if (!credential) throw unauthenticated('no key was sent');
  live.checkRoom(request.caller);
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  live.open({ accountId, caller: request.caller, credential, raw }, first);
}
