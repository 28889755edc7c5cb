/** The page *What if?* of an account. */
import type { FastifyInstance } from 'fastify';
import { HOUR_MS, isoInstant } from '../../../domain/primitives/time.js';
import { problemIn } from '../../plumbing/problems.js';
import { accountIn } from '../account/accountRoutes.js';
import { instantOf } from '../account/history.js';
import type { PageParts } from '../context.js';
import { frameOf, sendPage } from '../ui/send.js';
import { WhatIfPage } from './whatIfPage.js';

type Asked = {
  readonly Params: { readonly accountId: string };
  readonly Querystring: { readonly at?: unknown };
};

export function addWhatIf(app: FastifyInstance, { assets, client, now }: PageParts): void {
  app.get<Asked>(
    '/accounts/:accountId/what-if',
    { config: { needs: 'read' } },
    async (request, reply) => {
      const accountId = accountIn(request.params);
      const { at: raw } = request.query;
      const asked = typeof raw === 'string' ? raw : isoInstant(now() + HOUR_MS).slice(0, 19) + 'Z';
      const at = instantOf(asked);
      // The account is asked in any case, so that an unknown account is a 404.
      const read = client
        .peek(accountId, isoInstant(at ?? now()))
        .then((decision) => ({ decision, problem: undefined }))
        .catch((error: unknown) => {
          const problem = problemIn(error);
          if (!problem || problem.statusCode === 404) throw error;
          return { decision: undefined, problem };
        });
      const { decision, problem } = await read;
      const failure =
        at === undefined
          ? 'The instant must be in UTC, such as 2026-11-23T14:03:07Z.'
          : problem === undefined
            ? null
            : problem.statusCode === 400
              ? 'The instant must be between now and 32 days ahead.'
              : 'The account does not answer now. Try again in a moment.';
      const answer = at !== undefined && decision !== undefined ? { at, decision } : null;
      const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
      const page = WhatIfPage({ frame, accountId, asked, answer, failure });
      const status = at === undefined ? 400 : (problem?.statusCode ?? 200);
      return sendPage(request, reply, page, status);
    },
  );
}
