/**
 * Builds the HTTP server from the parts that it needs, without a port and without environment. Each
 * file of `routes` or `pages` is a plugin.
 */
import fastify, {
  LogController,
  type FastifyInstance,
  type FastifySchema,
  type RouteOptions,
} from 'fastify';
import { attempts } from './attempts/attempts.js';
import { addAccessLog, addNoStore } from './access/accessLog.js';
import { addAuth, addChecks } from './access/auth.js';
import { addJson } from './plumbing/json.js';
import type { Need } from './access/caller.js';
import { Keyring } from './access/keyring.js';
import { LIMITS, type Limits } from './plumbing/limits.js';
import { Live } from './live/live.js';
import { doctorRoutes } from './operations/doctorRoute.js';
import { driftRoutes } from './operations/driftRoute.js';
import { shadowRoute } from './operations/shadowRoute.js';
import { addOperations } from './operations/operations.js';
import { AccountList } from './pages/accounts/accountList.js';
import { createPages } from './pages/index.js';
import { addProblems, answerError } from './plumbing/problems.js';
import { addRateLimit } from './access/rateLimit.js';
import { brakeRoutes } from './fleet/brakeRoutes.js';
import { orderRoutes } from './fleet/orderRoutes.js';
import { erasureRoutes } from './operations/erasureRoutes.js';
import { accessRoutes } from './routes/access.js';
import { alertRoutes } from './routes/alerts.js';
import { codecRoutes } from './routes/codec.js';
import { listRoutes } from './routes/lists/lists.js';
import { groupReserveRoute } from './routes/groupReserve.js';
import { groupRoutes } from './routes/groups.js';
import { messageRoutes } from './routes/messages.js';
import { addOpenApi, openApiRoutes } from './routes/openapi.js';
import { queryRoutes, statusRoute } from './routes/queries.js';
import { reservationRoutes } from './live/reservationRoutes.js';
import { searchRoutes } from './routes/search.js';
import { shareRoutes } from './access/shareRoutes.js';
import { streamRoutes } from './routes/streams.js';
import { ticketRoutes } from './routes/tickets.js';
import { webhookRoutes } from './routes/webhooks.js';
import { unipileRoute } from './providers/unipileRoute.js';
import { addSecurityHeaders } from './access/security.js';
import { StatusReader } from '../status/statusReader.js';
import { addValidation } from './plumbing/validation.js';
import type { Needs, Parts } from './context.js';

const plugins = [
  ...messageRoutes,
  attempts,
  statusRoute,
  queryRoutes,
  reservationRoutes,
  ticketRoutes,
  ...listRoutes,
  alertRoutes,
  searchRoutes,
  shareRoutes,
  streamRoutes,
  groupRoutes,
  groupReserveRoute,
  webhookRoutes,
  accessRoutes,
  brakeRoutes,
  orderRoutes,
  erasureRoutes,
  driftRoutes,
  shadowRoute,
  doctorRoutes,
  unipileRoute,
];

/** Creates the server with all routes, ready to listen or to inject. */
export async function createApp(needs: Needs): Promise<FastifyInstance> {
  const limits = { ...LIMITS, ...needs.limits };
  const app = bareApp(needs, limits);
  const keyring = new Keyring(needs.pool, needs.now);
  const statuses = new StatusReader(needs);
  const live = new Live({ ...needs, keyring, statuses, limits });
  const list = new AccountList({ ...needs, live });
  const parts: Parts = { ...needs, keyring, statuses, live, list };
  const pages = await createPages(parts);
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));
  const isPage = ({ config }: RouteOptions): boolean => config?.isPage === true;
  app.decorate('routeList', () => routes.filter((one) => !isPage(one)).flatMap(knownRoutes));
  app.decorate('pageList', () => routes.filter(isPage).flatMap(knownRoutes));
  addProblems(app, pages.notFound);
  addValidation(app);
  addNoStore(app);
  addAccessLog(app, needs.now);
  addJson(app, limits.jsonDepth);
  await addSecurityHeaders(app);
  await addAuth(app, keyring);
  await addRateLimit(app, limits.requestsPerMinute);
  addChecks(app, keyring);
  await addOpenApi(app);
  addOperations(app, needs);
  for (const add of plugins) add(app, parts);
  codecRoutes(app, { codec: needs.codec ?? null });
  await openApiRoutes(app);
  await pages.add(app);
  await app.ready();
  return app;
}

/** A route of the server. */
export type KnownRoute = {
  readonly method: string;
  readonly url: string;
  readonly needs: Need | undefined;
  readonly schema: FastifySchema | undefined;
};
declare module 'fastify' {
  interface FastifyInstance {
    /** Returns every route, for tests that try each of them. */
    routeList: () => readonly KnownRoute[];
    /** Returns the pages of the dashboard, which are for people and not for programs. */
    pageList: () => readonly KnownRoute[];
  }
}
const knownRoutes = ({ method, url, config, schema }: RouteOptions): readonly KnownRoute[] =>
  [method].flat().map((one) => ({ method: one, url, needs: config?.needs, schema }));

/** Creates Fastify with its limits. */
const bareApp = (needs: Needs, limits: Limits): FastifyInstance =>
  fastify({
    loggerInstance: needs.logger,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: needs.trustProxy ?? false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.connectionMs,
    keepAliveTimeout: limits.keepAliveMs,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.requestMs,
      // By default, Node looks for slow requests only every 30 s.
      connectionsCheckingInterval: limits.checkMs,
    },
    routerOptions: { maxParamLength: limits.paramChars },
    frameworkErrors: answerError,
  });
