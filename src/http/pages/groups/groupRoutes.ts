/** The page of groups, and the form of the policy of their new accounts. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { isGroup } from '../../../domain/primitives/ids.js';
import { readGroupRow, setDefaults } from '../../../postgres/groups/defaults.js';
import { countGroups, idsOfGroup } from '../../../postgres/groups/members.js';
import { listNumbered } from '../../../postgres/groups/numbers.js';
import { pageWaiting } from '../../../postgres/read/waiting.js';
import { hasGroup } from '../../access/caller.js';
import { groupOfPage } from '../../plumbing/groupFilter.js';
import { readPage, type Query } from '../../plumbing/paging.js';
import { notFound, problemIn, type Problem } from '../../plumbing/problems.js';
import { defaultsIn, groupUnknown } from '../../routes/groups.js';
import { WAITING_PLACE } from '../../routes/lists/lists.js';
import type { PageParts } from '../context.js';
import { formOf, type Form } from '../ui/form.js';
import { frameOf, goTo, sendPage } from '../ui/send.js';
import { GroupsPage } from './groupsPage.js';
import { policyIn } from './policyForm.js';
import { PolicyPage } from './policyPage.js';
import { WaitingPage } from './waitingPage.js';

type Asked = { readonly Querystring: { readonly [name: string]: unknown } };

export function addGroupPages(app: FastifyInstance, parts: PageParts): void {
  addPolicyForm(app, parts);
  addWaiting(app, parts);
  const { assets, now, pool } = parts;
  app.get<Asked>('/groups', { config: { needs: 'read' } }, async (request, reply) => {
    const { caller } = request;
    const cursor = request.query['cursor'];
    const query: Query = typeof cursor === 'string' ? { cursor } : {};
    const at = now();
    const { items, next } = await readPage({
      path: '/groups',
      query,
      place: Type.String(),
      read: async (after, limit) => {
        const found = await listNumbered(pool, { ...caller, after: after ?? '', limit, at });
        return found.map((row) => ({
          item: { ...row, isWhole: hasGroup(caller, row.group) },
          place: row.group,
        }));
      },
    });
    const frame = frameOf(request, reply, { assets: assets.urls, now: at });
    const page = GroupsPage({ frame, groups: items, next, isFirst: cursor === undefined });
    return sendPage(request, reply, page);
  });
}

function addWaiting(app: FastifyInstance, { assets, now, pool }: PageParts): void {
  app.get<Asked>('/waiting', { config: { needs: 'read' } }, async (request, reply) => {
    const { caller, query: asked } = request;
    const group = groupOfPage(asked['group']);
    const cursor = typeof asked['cursor'] === 'string' ? asked['cursor'] : null;
    const query: Query = {
      ...(group === null ? {} : { group }),
      ...(cursor === null ? {} : { cursor }),
    };
    const accounts = await idsOfGroup(pool, { group, accounts: caller.accounts });
    const { items, next } = await readPage({
      path: '/waiting',
      query,
      place: WAITING_PLACE,
      read: (after, limit) => pageWaiting(pool, { accounts, campaignId: null, after, limit }),
    });
    const groups = await countGroups(pool, caller.accounts);
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const isFirst = cursor === null;
    return sendPage(
      request,
      reply,
      WaitingPage({ frame, asks: items, group, groups, next, isFirst }),
    );
  });
}

type OfGroup = { readonly Params: { readonly group: string } };
const OPERATE = { config: { needs: 'operate' } } as const;

function addPolicyForm(app: FastifyInstance, { assets, now, pool }: PageParts): void {
  const show = async (
    request: FastifyRequest<OfGroup>,
    reply: FastifyReply,
    { form, problem }: { readonly form: Form; readonly problem: Problem | null },
  ): Promise<FastifyReply> => {
    const row = await readGroupRow(pool, groupOf(request), request.caller.accounts);
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const page = PolicyPage({ frame, row, form, failure: problem?.fields ?? null });
    return sendPage(request, reply, page, problem?.statusCode);
  };

  app.get<OfGroup>('/groups/:group/policy', OPERATE, (request, reply) =>
    show(request, reply, { form: {}, problem: null }),
  );
  app.post<OfGroup>('/groups/:group/policy', OPERATE, async (request, reply) => {
    const group = groupOf(request);
    const form = formOf(request.body);
    try {
      const defaults = defaultsIn(policyIn(form), now());
      await setDefaults(pool, { group, defaults, by: request.caller.name });
      return goTo(reply, '/groups', `New accounts of ${group} get this policy.`);
    } catch (error) {
      const problem = problemIn(error);
      if (!problem) throw error;
      return show(request, reply, { form, problem });
    }
  });
}

/** Returns the group of the address; throws if the key does not have all of its accounts. */
function groupOf({ params: { group }, caller }: FastifyRequest<OfGroup>): string {
  if (!isGroup(group)) throw notFound();
  if (!hasGroup(caller, group)) throw groupUnknown();
  return group;
}
