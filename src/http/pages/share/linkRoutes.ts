/** The page on which an operator makes, lists and revokes the links to an account. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SHARE_HOURS_WORDS, validHours } from '../../../domain/wire/shareOrder.js';
import { listShares, SHARE_ID_PATTERN } from '../../../postgres/access/shares.js';
import { isKnown } from '../../../postgres/read/lists.js';
import { accountUnknown, invalidInput, problemIn, type Problem } from '../../plumbing/problems.js';
import { makeLink, revokeLink, shareUnknown } from '../../access/shareRoutes.js';
import { accountIn } from '../account/accountRoutes.js';
import type { PageParts } from '../context.js';
import { formOf, type Form } from '../ui/form.js';
import { frameOf, goTo, sendPage } from '../ui/send.js';
import { LINKS_MAX, LinksPage } from './linksPage.js';

const OPERATE = { config: { needs: 'operate' } } as const;
/** Links that the page shows; the API lists all. */
type OfAccount = { readonly Params: { readonly accountId: string } };
type Shown = { readonly form: Form; readonly url: string | null; readonly problem: Problem | null };

export function addLinkPages(app: FastifyInstance, parts: PageParts): void {
  const { assets, pool, now } = parts;

  const show = async (
    request: FastifyRequest<OfAccount>,
    reply: FastifyReply,
    { form, url, problem }: Shown,
  ): Promise<FastifyReply> => {
    const accountId = accountIn(request.params);
    if (!(await isKnown(pool, accountId))) throw accountUnknown();
    const shares = await listShares(pool, accountId, { before: null, limit: LINKS_MAX });
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const failure = problem?.fields ?? null;
    const page = LinksPage({ frame, accountId, shares, url, form, failure });
    return sendPage(request, reply, page, problem?.statusCode);
  };

  app.get<OfAccount>('/accounts/:accountId/share', OPERATE, async (request, reply) =>
    show(request, reply, { form: {}, url: null, problem: null }),
  );

  // Not a redirect: the link would have to be kept until the next page.
  app.post<OfAccount>('/accounts/:accountId/share', OPERATE, async (request, reply) => {
    const accountId = accountIn(request.params);
    const form = formOf(request.body);
    try {
      const hours = hoursIn(form);
      const order = { accountId, hours, label: form['label'] ?? null };
      const { url } = await makeLink(parts, request, order);
      return await show(request, reply, { form: {}, url, problem: null });
    } catch (error) {
      const problem = problemIn(error);
      if (problem?.statusCode !== 400) throw error;
      return show(request, reply, { form, url: null, problem });
    }
  });

  app.post<OfAccount>('/accounts/:accountId/share/revoke', OPERATE, async (request, reply) => {
    const accountId = accountIn(request.params);
    const { shareId = '' } = formOf(request.body);
    if (!new RegExp(SHARE_ID_PATTERN).test(shareId)) throw shareUnknown();
    await revokeLink(parts, request, { accountId, shareId });
    return goTo(reply, `/accounts/${accountId}/share`, `The link ${shareId} is revoked.`);
  });
}

function hoursIn({ expiresInHours = '' }: Form): number {
  const hours = /^\d{1,4}$/.test(expiresInHours) ? validHours(Number(expiresInHours)) : undefined;
  if (hours !== undefined) return hours;
  throw invalidInput(`expiresInHours should be ${SHARE_HOURS_WORDS}`, 'expiresInHours');
}
