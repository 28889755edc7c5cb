/**
 * The dashboard: every page is rendered on the server and works without a script. People read
 * pages, so an error is a page, too, with the text of the problem.
 */
import formbody from '@fastify/formbody';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Brake } from '../../domain/fleet/brake.js';
import { NOBODY } from '../access/caller.js';
import { notFound, problemIn } from '../plumbing/problems.js';
import { addAccountPages } from './account/accountRoutes.js';
import { addActions } from './actions/actionRoutes.js';
import { addAdminPages } from './admin/adminRoutes.js';
import { addAlertPages } from './alerts/alertRoutes.js';
import { OpenAlerts } from './alerts/openAlerts.js';
import { addCampaignPage } from './campaigns/campaignRoutes.js';
import { encodingFor, readAssets, type Assets } from './ui/assets.js';
import { addFleetPages } from './fleet/fleetRoutes.js';
import { ProblemPage } from './ui/problemPage.js';
import { addGroupPages } from './groups/groupRoutes.js';
import { addOrderPages } from './orders/orderRoutes.js';
import { addRunbook } from './runbook/runbookRoutes.js';
import { frameOf, goTo, sendPage } from './ui/send.js';
import { addSearchPages } from './search/searchRoutes.js';
import { addLinkPages } from './share/linkRoutes.js';
import { addSharePage } from './share/shareRoutes.js';
import { addSessionPages } from './session/sessionRoutes.js';
import { StatusCache } from './statusCache.js';
import { addShadow } from './shadow/shadowRoutes.js';
import { addWhatIf } from './whatIf/whatIfRoutes.js';
import type { Parts } from '../context.js';
import type { OpenCounts } from '../../postgres/alerts/alerts.js';
import type { PageParts } from './context.js';

/** How long a page waits for the brake; it is then rendered without it. */
const BRAKE_READ_MS = 500;

export type Pages = {
  /** Registers all pages. */
  readonly add: (app: FastifyInstance) => Promise<void>;
  /** Answers a browser that asks for an unknown path. */
  readonly notFound: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** The open alerts that the caller of a page may see; null before they are counted. */
    openAlerts: OpenCounts | null;
    /** The brake that is on, of all accounts first; null: it is off, or not known. */
    brake: Brake | null;
  }
}

export async function createPages(parts: Parts): Promise<Pages> {
  const shared: PageParts = {
    ...parts,
    assets: await readAssets(),
    kept: new StatusCache(parts),
    alerts: new OpenAlerts(parts),
  };
  return {
    add: (app) => addPages(app, shared),
    notFound: (request, reply) => answerWithPage(notFound(), request, reply, shared),
  };
}

async function addPages(app: FastifyInstance, shared: PageParts): Promise<void> {
  app.decorateRequest('openAlerts', null);
  app.decorateRequest('brake', null);
  let isWatching = false;
  await app.register(async (scope) => {
    await scope.register(formbody);
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, isPage: true };
    });
    // The cache starts with the first request, so that an unused dashboard costs nothing.
    scope.addHook('onRequest', async () => {
      if (!isWatching) watch(shared);
      isWatching = true;
    });
    // Every page has the open alerts in its header, and the brake while it is on.
    scope.addHook('preHandler', async (request) => noteFleet(request, shared));
    scope.setErrorHandler((error: FastifyError, request, reply) =>
      answerWithPage(error, request, reply, shared),
    );
    addAssets(scope, shared.assets);
    addSessionPages(scope, shared);
    addFleetPages(scope, shared);
    addAccountPages(scope, shared);
    addAlertPages(scope, shared);
    addCampaignPage(scope, shared);
    addRunbook(scope, shared);
    addSearchPages(scope, shared);
    addWhatIf(scope, shared);
    addShadow(scope, shared);
    addAdminPages(scope, shared);
    addOrderPages(scope, shared);
    addGroupPages(scope, shared);
    addActions(scope, shared);
    addLinkPages(scope, shared);
    addSharePage(scope, shared);
  });
  app.addHook('onClose', async () => shared.list.stop());
}

/** Notes the open alerts that the caller of a page may see, and the brake. */
async function noteFleet(request: FastifyRequest, { alerts, client }: PageParts): Promise<void> {
  if (request.caller === NOBODY) return;
  const brakes = client.brake.state(BRAKE_READ_MS).catch(() => []);
  request.openAlerts = await alerts.sumFor(request.caller);
  const held = await brakes;
  request.brake = held.find(({ group }) => group === null) ?? held[0] ?? null;
}

/** Drops the cached numbers of an account when Postgres reports a change of its row. */
function watch({ live, kept, alerts }: PageParts): void {
  live.alsoNotify({
    onChange: (accountId) => {
      kept.forget(accountId);
      alerts.touch();
    },
    onGap: () => {
      kept.forgetAll();
      alerts.touch();
    },
  });
}

function addAssets(app: FastifyInstance, { byName }: Assets): void {
  app.get<{ Params: { file: string } }>(
    '/assets/:file',
    { config: { needs: 'public' } },
    async (request, reply) => {
      const asset = byName.get(request.params.file);
      if (!asset) return reply.code(404).type('text/plain').send('There is no such file.\n');
      const encoding = encodingFor(request.headers['accept-encoding']);
      if (encoding !== null) void reply.header('content-encoding', encoding);
      return reply
        .header('content-type', asset.type)
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('vary', 'accept-encoding')
        .send(encoding === null ? asset.body : asset[encoding]);
    },
  );
}

/** Answers an error with a page; a reader without a log-in gets the log-in page first. */
async function answerWithPage(
  error: Error,
  request: FastifyRequest,
  reply: FastifyReply,
  shared: PageParts,
): Promise<FastifyReply> {
  const { assets, now } = shared;
  const problem = problemIn(error);
  if (!problem) {
    request.log.error({ err: error, route: request.routeOptions?.url }, 'http.failed');
  }
  const status = problem?.statusCode ?? 500;
  if (status === 401) {
    const next = request.method === 'GET' ? request.url : '/accounts';
    return goTo(reply, `/login?next=${encodeURIComponent(next)}`);
  }
  await noteFleet(request, shared);
  const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
  return sendPage(request, reply, ProblemPage({ frame, status, problem }), status);
}
