/** Orders on many accounts over HTTP (R30): operators make them, for the accounts that they see. */
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import type { Caller } from '../access/caller.js';
import { actorOf } from '../access/actor.js';
import { listOrderAccounts, listOrders, type OrderRow } from '../../postgres/fleet/orders.js';
import {
  known,
  makeOrder,
  OrderRefused,
  preview,
  stateOfOrder,
  stop,
  takeBack,
  type Desk,
} from '../../status/orderDesk.js';
import { isCsv, sendCsv } from '../plumbing/csv.js';
import { pageOf, readPage } from '../plumbing/paging.js';
import { Problem, problemOf } from '../plumbing/problems.js';
import * as schemas from '../schemas/orders.js';
import { problems } from '../routes/message.js';
import type { Parts } from '../context.js';

const tags = ['fleet'];
const READ = { needs: 'read' } as const;
const OPERATE = { needs: 'operate' } as const;

/** Returns what the caller may order, and with what. */
export const deskOf = ({ pool, now, startOrder }: Parts, { accounts }: Caller): Desk => ({
  pool,
  now,
  accounts,
  startOrder:
    startOrder ??
    (async () => {
      throw problemOf('Unavailable', 'this server starts no orders');
    }),
});

/** Returns the refusal of an order as a problem; any other error is thrown again. */
export function problemOfOrder(error: unknown): Problem {
  if (!(error instanceof OrderRefused)) throw error;
  const { kind, message } = error;
  if (kind === 'InvalidInput' || kind === 'CapAboveSafeBand') {
    const field = /^([a-z]\w*(?:\.\w+)*) (?:should be|should|is missing)/.exec(message)?.[1];
    return problemOf(kind, message, field);
  }
  if (kind === 'order-unknown') return orderUnknown(message);
  return kind === 'order-changed' ? orderChanged(message) : orderRefused(message);
}
const orderUnknown = (detail: string): Problem =>
  new Problem({
    status: 404,
    kind: 'order-unknown',
    title: 'There is no such order',
    detail,
    cure: 'read the ids of orders with GET /v1/orders',
  });
const orderChanged = (detail: string): Problem =>
  new Problem({
    status: 409,
    kind: 'order-changed',
    title: 'The accounts of the order have changed',
    detail,
    cure: 'ask for the preview again, and send its count as expected',
  });
const orderRefused = (detail: string): Problem =>
  new Problem({
    status: 409,
    kind: 'order-refused',
    title: 'The order does not allow that now',
    detail,
    cure: 'read its state with GET /v1/orders/{id}',
  });

/** Returns an order as an answer of the API. */
export const orderWire = (row: OrderRow): Static<typeof schemas.order> => ({
  ...row,
  filter: { ...row.filter },
  change: row.change && { ...row.change },
  state: stateOfOrder(row),
});

/** Does the work of an order; a refusal is thrown as a problem. */
export const refusing = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw problemOfOrder(error);
  });

export function orderRoutes(app: FastifyInstance, parts: Parts): void {
  const { pool } = parts;
  makeRoutes(app, parts);
  accountsRoute(app, parts);
  app.get<{ Querystring: Static<typeof schemas.ordersQuery> }>(
    '/v1/orders',
    {
      config: READ,
      schema: {
        operationId: 'orders',
        tags,
        summary: 'Orders on many accounts, the newest first, with their progress',
        querystring: schemas.ordersQuery,
        response: { 200: pageOf(schemas.order), ...problems },
      },
    },
    async ({ caller, query, url }) => {
      const { group = null, accountId = null } = query;
      return readPage({
        path: url.split('?')[0] ?? '',
        query,
        place: schemas.orderPlace,
        read: async (after, limit) => {
          const asked = { accounts: caller.accounts, group, accountId, after, limit };
          const found = await listOrders(pool, asked);
          return found.map(({ item, place }) => ({ item: orderWire(item), place }));
        },
      });
    },
  );
  app.get<{ Params: Static<typeof schemas.orderParams> }>(
    '/v1/orders/:orderId',
    {
      config: READ,
      schema: {
        operationId: 'order',
        tags,
        summary: 'One order with its progress',
        params: schemas.orderParams,
        response: { 200: schemas.order, ...problems },
      },
    },
    async ({ caller, params: { orderId } }) =>
      orderWire(await refusing(known(deskOf(parts, caller), orderId))),
  );
}

function accountsRoute(app: FastifyInstance, parts: Parts): void {
  const { pool } = parts;
  app.get<{
    Params: Static<typeof schemas.orderParams>;
    Querystring: Static<typeof schemas.accountsQuery>;
  }>(
    '/v1/orders/:orderId/accounts',
    {
      config: READ,
      schema: {
        operationId: 'orderAccounts',
        tags,
        summary: 'The accounts of an order, with what became of each; also as CSV',
        params: schemas.orderParams,
        querystring: schemas.accountsQuery,
        response: { 200: pageOf(schemas.orderAccount), ...problems },
      },
    },
    async (request, reply) => {
      const { caller, query, url } = request;
      const { orderId } = request.params;
      const { accountsDeletedAt } = await refusing(known(deskOf(parts, caller), orderId));
      if (accountsDeletedAt !== null) {
        throw orderRefused('the rows of its accounts were deleted; the order has their counts');
      }
      const { outcome = null } = query;
      const read = async (after: string | null, limit: number) =>
        (await listOrderAccounts(pool, { orderId, after, limit, outcome })).map((item) => ({
          item,
          place: item.accountId,
        }));
      if (!isCsv(query)) {
        return readPage({ path: url.split('?')[0] ?? '', query, place: Type.String(), read });
      }
      return sendCsv(request, reply, {
        name: `safeband-order-${orderId}.csv`,
        columns: ['orderId', ...Object.keys(schemas.orderAccount.properties)],
        more: { orderId },
        read,
      });
    },
  );
}

/** The routes that make, stop and take back. */
function makeRoutes(app: FastifyInstance, parts: Parts): void {
  app.post<{ Body: Static<typeof schemas.previewBody> }>(
    '/v1/orders/preview',
    {
      config: OPERATE,
      schema: {
        operationId: 'previewOrder',
        tags,
        summary: 'Which accounts an order would be for, and what it would do',
        body: schemas.previewBody,
        response: { 200: schemas.previewAnswer, ...problems },
      },
    },
    async ({ caller, body }) => {
      const raw = { ...body, actor: actorOf(caller, body.actor) };
      const found = await refusing(preview(deskOf(parts, caller), raw));
      return { ...found, accounts: [...found.accounts], settings: [...found.settings] };
    },
  );
  app.post<{ Body: Static<typeof schemas.orderBody> }>(
    '/v1/orders',
    {
      config: OPERATE,
      schema: {
        operationId: 'makeOrder',
        tags,
        summary: 'Make an order on many accounts, if their number is the expected one',
        body: schemas.orderBody,
        response: { 200: schemas.order, ...problems },
      },
    },
    async ({ caller, body }) => {
      const raw = { ...body, actor: actorOf(caller, body.actor) };
      return orderWire(await refusing(makeOrder(deskOf(parts, caller), raw)));
    },
  );
  for (const [path, operationId, summary, run] of [
    ['stop', 'stopOrder', 'Stop an order: the accounts that are left stay as they are', stop],
    ['takeBack', 'takeBackOrder', 'Resume exactly the accounts that an order has held', takeBack],
  ] as const) {
    app.post<{
      Params: Static<typeof schemas.orderParams>;
      Body: Static<typeof schemas.byBody>;
    }>(
      `/v1/orders/:orderId/${path}`,
      {
        config: OPERATE,
        schema: {
          operationId,
          tags,
          summary,
          params: schemas.orderParams,
          body: schemas.byBody,
          response: { 200: schemas.order, ...problems },
        },
      },
      async ({ caller, params: { orderId }, body: { reason, actor } }) => {
        const by = { reason, actor: actorOf(caller, actor) };
        return orderWire(await refusing(run(deskOf(parts, caller), orderId, by)));
      },
    );
  }
}
