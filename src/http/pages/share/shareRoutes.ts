/** A shared link, `/s/…`: the only page about an account that needs no key. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { VNode } from 'preact';
import { noteOpened, openShare } from '../../../postgres/access/shares.js';
import { Problem, problemIn, sendProblem, wantsPage } from '../../plumbing/problems.js';
import type { PageParts } from '../context.js';
import { readShared } from './shareData.js';
import { LaterPage, NoSharePage, outsideHtml, SharePage } from './sharePage.js';

/** The same for every link that is not valid: an answer does not show whether it ever was. */
const linkUnknown = (): Problem =>
  new Problem({
    status: 404,
    kind: 'link-not-valid',
    title: 'This link is no longer valid',
    detail: 'the link has expired, was revoked, or never existed',
    cure: 'ask the person who sent you the link for a new one',
  });

export function addSharePage(app: FastifyInstance, parts: PageParts): void {
  const { assets, pool, now } = parts;
  void app.register(async (scope) => {
    scope.addHook('onRequest', async (_, reply) => {
      void reply
        .header('referrer-policy', 'no-referrer')
        .header('x-robots-tag', 'noindex, nofollow')
        .header('cache-control', 'no-store');
    });
    scope.setErrorHandler((error: Error, request, reply) => {
      const problem = problemIn(error);
      if (!problem) {
        request.log.error({ err: error, route: request.routeOptions.url }, 'http.failed');
      }
      const status = problem?.statusCode ?? 500;
      if (!wantsPage(request) && problem) return sendProblem(reply, problem);
      const page = status === 404 ? NoSharePage : LaterPage;
      return show(reply, page({ assets: assets.urls }), status);
    });
    // A wildcard and not a parameter: also a long or an empty token gets the one page.
    scope.get<{ Params: { readonly '*': string } }>(
      '/s/*',
      { config: { needs: 'public' } },
      async (request, reply) => {
        const at = now();
        const share = await openShare(pool, request.params['*'], at);
        const data = share && (await readShared(parts, share.accountId));
        if (!share || !data) throw linkUnknown();
        noteOpened(pool, share.shareId, at).catch(() => undefined); // only for people
        if (!wantsPage(request)) return wordsOf(data);
        const page = SharePage({ assets: assets.urls, data, now: at, expiresAt: share.expiresAt });
        return show(reply, page, 200);
      },
    );
  });
}

/** Returns the words for a program: the same as on the page. */
const wordsOf = ({ customer, asOf }: NonNullable<Awaited<ReturnType<typeof readShared>>>) => ({
  asOf: new Date(asOf).toISOString(),
  ...customer,
});

const show = (reply: FastifyReply, page: VNode, status: number): FastifyReply =>
  reply.code(status).header('content-type', 'text/html; charset=utf-8').send(outsideHtml(page));
