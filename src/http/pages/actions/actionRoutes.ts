/** Actions of an operator: first a page that describes the effect, then the action itself. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isAccountId } from '../../../domain/primitives/ids.js';
import { checkConnect, checkGroup, refreshRights } from '../../access/groups.js';
import {
  accountUnknown,
  invalidInput,
  notFound,
  problemIn,
  type Problem,
} from '../../plumbing/problems.js';
import type { StartInput } from '../../../client/inputs.js';
import { filledStart } from '../../../postgres/groups/defaults.js';
import { readConnection, type Connection } from '../../../postgres/read/pageReads.js';
import { readAccount } from '../account/accountData.js';
import { accountIn } from '../account/accountRoutes.js';
import type { Action } from './action.js';
import { actionOf } from './actions.js';
import { connectBy } from './connect.js';
import { ConfirmPage, ConnectPage } from './confirm.js';
import { formOf, type Form } from '../ui/form.js';
import { frameOf, goTo, sendPage } from '../ui/send.js';
import type { PageParts } from '../context.js';

const CONFLICT = 409;
const OPERATE = { config: { needs: 'operate' } } as const;
type OfAction = {
  readonly Params: { readonly accountId: string; readonly action: string };
  readonly Querystring: Record<string, unknown>;
};

export function addActions(app: FastifyInstance, parts: PageParts): void {
  const { assets, now, client, pool } = parts;

  const ask = async (
    request: FastifyRequest<OfAction>,
    reply: FastifyReply,
    { action, form, problem }: { action: Action; form: Form; problem: Problem | null },
  ): Promise<FastifyReply> => {
    const { accountId, action: name } = request.params;
    const data = await readAccount(parts, accountId, { isFresh: false });
    if (!data || data === 'starting') throw accountUnknown();
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const failure = problem?.fields ?? null;
    const page = ConfirmPage({ frame, name, action, data, form, failure });
    return sendPage(request, reply, page, problem?.statusCode);
  };

  app.get<OfAction>('/accounts/:accountId/do/:action', OPERATE, async (request, reply) => {
    accountIn(request.params);
    const action = actionOf(request.params.action);
    if (!action) throw notFound();
    return ask(request, reply, { action, form: formOf(request.query), problem: null });
  });

  app.post<OfAction>('/accounts/:accountId/do/:action', OPERATE, async (request, reply) => {
    const accountId = accountIn(request.params);
    const action = actionOf(request.params.action);
    if (!action) throw notFound();
    const form = formOf(request.body);
    try {
      const { caller } = request;
      const group = form['group'] || (request.params.action === 'configure' ? null : undefined);
      await checkGroup(pool, caller, { accountId, group });
      const done = await action.run(client, { accountId, actor: caller.name, form });
      changed(parts, accountId);
      return goTo(reply, `/accounts/${accountId}`, done);
    } catch (error) {
      const problem = problemIn(error);
      if (!problem) throw error;
      return ask(request, reply, { action, form, problem });
    }
  });

  addConnect(app, parts);
}

function addConnect(app: FastifyInstance, parts: PageParts): void {
  const { assets, now, client, pool } = parts;
  const ask = (
    request: FastifyRequest,
    reply: FastifyReply,
    { form, problem, known }: { form: Form; problem: Problem | null; known?: Connection },
  ): Promise<FastifyReply> => {
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const page = ConnectPage({ frame, form, failure: problem?.fields ?? null, known });
    return sendPage(request, reply, page, known ? CONFLICT : problem?.statusCode);
  };

  app.get('/connect', OPERATE, async (request, reply) =>
    ask(request, reply, { form: {}, problem: null }),
  );

  app.post('/connect', OPERATE, async (request, reply) => {
    const form = formOf(request.body);
    try {
      const accountId = form['accountId'] ?? '';
      if (!isAccountId(accountId)) {
        const should = 'begin with a letter, a digit, _ or -, followed only by these and . :';
        throw invalidInput(`accountId should ${should}`, 'accountId');
      }
      const group = form['group'] || undefined;
      await checkConnect(pool, request.caller, { accountId, group });
      // To connect is not to configure: an empty field of this form means the default.
      const known = await readConnection(pool, accountId);
      if (known) return ask(request, reply, { form, problem: null, known });
      const connect = async (start: StartInput) => client.connect(await filledStart(pool, start));
      const ordered = { accountId, actor: request.caller.name, form };
      const done = await connectBy({ connect }, ordered);
      refreshRights(parts, request);
      changed(parts, accountId);
      return goTo(reply, `/accounts/${accountId}`, done);
    } catch (error) {
      const problem = problemIn(error);
      if (!problem) throw error;
      return ask(request, reply, { form, problem });
    }
  });
}

/** Drops the cached numbers of the account, because they are out of date. */
function changed({ kept, list }: PageParts, accountId: string): void {
  kept.forget(accountId);
  list.touch(accountId);
}
