/** The pages about all accounts; a limited key shows only its own accounts. */
import type { FastifyInstance } from 'fastify';
import { DAY_MS } from '../../../domain/primitives/time.js';
import { countRuns, listHeartbeats } from '../../../postgres/read/pageReads.js';
import { maySee, type Caller } from '../../access/caller.js';
import { AccountsPage } from '../accounts/accounts.js';
import { askOf, listed } from '../accounts/accountsView.js';
import { FleetPage } from './fleet.js';
import type { Snapshot } from './fleetSnapshot.js';
import { frameOf, isHardRefresh, sendPage } from '../ui/send.js';
import type { PageParts } from '../context.js';

const READ = { config: { needs: 'read' } } as const;
const HEARTBEATS_SHOWN = 12;

/** Returns only the accounts that the key may see. */
const visibleTo = (snapshot: Snapshot, caller: Caller): Snapshot =>
  caller.accounts === null
    ? snapshot
    : { ...snapshot, accounts: snapshot.accounts.filter((one) => maySee(caller, one.accountId)) };

export function addFleetPages(app: FastifyInstance, parts: PageParts): void {
  const { assets, now, pool, fleet, alerts: openAlerts } = parts;

  app.get<{ Querystring: Record<string, unknown> }>('/accounts', READ, async (request, reply) => {
    const all = await fleet.read({ isFresh: isHardRefresh(request) });
    const snapshot = visibleTo(all, request.caller);
    const alerts = await openAlerts.read();
    const ask = askOf(request.query);
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const list = listed(snapshot.accounts, ask);
    return sendPage(request, reply, AccountsPage({ frame, ask, list, snapshot, alerts }));
  });

  app.get('/fleet', READ, async (request, reply) => {
    const { caller } = request;
    const at = now();
    const [all, heartbeats, runs] = await Promise.all([
      fleet.read({ isFresh: isHardRefresh(request) }),
      listHeartbeats(pool, HEARTBEATS_SHOWN),
      countRuns(pool, at - DAY_MS, caller.accounts),
    ]);
    const frame = frameOf(request, reply, { assets: assets.urls, now: at });
    const page = FleetPage({
      frame,
      snapshot: visibleTo(all, caller),
      heartbeats: caller.accounts === null ? heartbeats : null,
      lastHeartbeatAt: heartbeats[0]?.ranAt ?? null,
      runs,
    });
    return sendPage(request, reply, page);
  });
}
