/** The pages about all accounts; a limited key shows only its own accounts. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DAY_MS } from '../../../domain/primitives/time.js';
import { readRecovery } from '../../../postgres/operations/recovery.js';
import { countRuns, listHeartbeats } from '../../../postgres/read/pageReads.js';
import { countGroups, idsOfGroup } from '../../../postgres/groups/members.js';
import { groupOfPage } from '../../plumbing/groupFilter.js';
import { AccountsPage } from '../accounts/accounts.js';
import { askOf } from '../accounts/accountsView.js';
import { readBrakes } from '../../../status/brakes.js';
import { mayBrake } from '../../fleet/brakeRoutes.js';
import type { Problem } from '../../plumbing/problems.js';
import type { Form } from '../ui/form.js';
import { addBrakeButtons } from './brakeRoutes.js';
import { FleetPage, SHOWN } from './fleet.js';
import { frameOf, isHardRefresh, sendPage } from '../ui/send.js';
import type { PageParts } from '../context.js';

const READ = { config: { needs: 'read' } } as const;
const HEARTBEATS_SHOWN = 12;

export function addFleetPages(app: FastifyInstance, parts: PageParts): void {
  const { assets, now, pool, client, list, alerts: openAlerts } = parts;

  app.get<{ Querystring: Record<string, unknown> }>('/accounts', READ, async (request, reply) => {
    const ask = askOf(request.query);
    const { caller } = request;
    const shown = await list.page({ caller, isFresh: isHardRefresh(request) }, ask);
    const alerts = await openAlerts.read();
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    return sendPage(request, reply, AccountsPage({ frame, ask, ...shown, alerts }));
  });

  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { form, problem }: { readonly form: Form; readonly problem: Problem | null },
  ): Promise<FastifyReply> => {
    const { caller } = request;
    const at = now();
    const group = groupOfPage(new URLSearchParams(request.url.split('?')[1]).get('group'));
    const accounts = await idsOfGroup(pool, { group, accounts: caller.accounts });
    const asked = { caller: { accounts }, isFresh: isHardRefresh(request) };
    const [{ reading, fleet }, heartbeats, recovery, runs, groups, brakes] = await Promise.all([
      list.fleet(asked, SHOWN),
      listHeartbeats(pool, HEARTBEATS_SHOWN),
      readRecovery(pool),
      countRuns(pool, at - DAY_MS, accounts),
      countGroups(pool, caller.accounts),
      readBrakes(client, { pool, accounts: caller.accounts }).catch(() => null),
    ]);
    const frame = frameOf(request, reply, { assets: assets.urls, now: at });
    const page = FleetPage({
      frame,
      reading,
      fleet,
      heartbeats: caller.accounts === null ? heartbeats : null,
      lastHeartbeatAt: heartbeats[0]?.ranAt ?? null,
      recovery,
      runs,
      group,
      groups,
      brake: {
        brakes,
        mayBrake: (one) => caller.role === 'operator' && mayBrake(caller, one),
        groups,
        form,
        failure: problem?.fields ?? null,
      },
    });
    return sendPage(request, reply, page, problem?.statusCode);
  };
  app.get('/fleet', READ, (request, reply) => show(request, reply, { form: {}, problem: null }));
  addBrakeButtons(app, parts, show);
}
