/** The pages about one account. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isAccountId } from '../../../domain/primitives/ids.js';
import { stateAt } from '../../../postgres/diagnostics/history.js';
import { readWhy } from '../../../postgres/diagnostics/why.js';
import { accountUnknown } from '../../plumbing/problems.js';
import { AccountPage, StartingPage } from './account.js';
import { readAccount } from './accountData.js';
import { anHourAgo, HistoryPage, instantOf } from './history.js';
import { TAB_NAMES, TABS, type Tab } from './tabs.js';
import { frameOf, isHardRefresh, sendPage } from '../ui/send.js';
import { WhyPage } from './why.js';
import type { PageParts } from '../context.js';

const READ = { config: { needs: 'read' } } as const;
type OfAccount = { readonly Params: { readonly accountId: string } };

/** Returns the account's id from the address; throws if no account can have this id. */
export function accountIn({ accountId }: OfAccount['Params']): string {
  if (!isAccountId(accountId)) throw accountUnknown();
  return accountId;
}

export function addAccountPages(app: FastifyInstance, parts: PageParts): void {
  const { assets, now, pool, kept, temporalUiUrl } = parts;

  const sendAccount = async (
    request: FastifyRequest<OfAccount>,
    reply: FastifyReply,
    tab: Tab,
  ): Promise<FastifyReply> => {
    const accountId = accountIn(request.params);
    const data = await readAccount(parts, accountId, { isFresh: isHardRefresh(request) });
    if (!data) throw accountUnknown();
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    if (data === 'starting') return sendPage(request, reply, StartingPage({ frame, accountId }));
    const workflowUrl = temporalUiUrl && workflowUrlOf(temporalUiUrl, accountId);
    return sendPage(request, reply, AccountPage({ frame, data, tab, workflowUrl }));
  };
  for (const tab of TAB_NAMES) {
    app.get<OfAccount>(`/accounts/:accountId${TABS[tab].path}`, READ, (request, reply) =>
      sendAccount(request, reply, tab),
    );
  }

  app.get<OfAccount>('/accounts/:accountId/why', READ, async (request, reply) => {
    const accountId = accountIn(request.params);
    const answer = await kept.read(accountId, { isFresh: isHardRefresh(request) });
    const status = 'status' in answer ? answer.status : undefined;
    const why = await readWhy(pool, accountId, { now: now(), status });
    if (!why) throw accountUnknown();
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    return sendPage(request, reply, WhyPage({ frame, why, isAsked: status !== undefined }));
  });

  addHistory(app, parts);
}

function addHistory(app: FastifyInstance, { assets, now, pool }: PageParts): void {
  type Asked = OfAccount & { readonly Querystring: { readonly at?: unknown } };
  app.get<Asked>('/accounts/:accountId/history', READ, async (request, reply) => {
    const accountId = accountIn(request.params);
    const at = now();
    const isAsked = typeof request.query.at === 'string';
    const asked = isAsked ? String(request.query.at) : anHourAgo(at);
    const instant = instantOf(asked);
    const isFuture = instant !== undefined && instant > at;
    const failure =
      instant === undefined
        ? 'The instant must be in UTC, such as 2026-11-23T14:03:07Z.'
        : isFuture
          ? 'The instant is in the future. The page of the account shows the next slots.'
          : null;
    const state = await stateAt(pool, accountId, failure === null ? (instant ?? at) : at);
    if (!state) throw accountUnknown();
    const frame = frameOf(request, reply, { assets: assets.urls, now: at });
    const shown = { frame, accountId, asked, state: failure === null ? state : null, failure };
    return sendPage(request, reply, HistoryPage(shown), failure === null ? 200 : 400);
  });
}

const workflowUrlOf = (temporalUiUrl: string, accountId: string): string =>
  `${temporalUiUrl}/workflows/${encodeURIComponent(`inmail-account/${accountId}`)}`;
