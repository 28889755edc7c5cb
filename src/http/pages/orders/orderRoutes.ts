/** The pages of orders on many accounts (R30). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ORDER_ID_PATTERN } from '../../../domain/fleet/order.js';
import { isGroup } from '../../../domain/primitives/ids.js';
import { listOrderAccounts, listOrders } from '../../../postgres/fleet/orders.js';
import {
  known,
  makeOrder,
  preview,
  stop,
  takeBack,
  type Previewed,
} from '../../../status/orderDesk.js';
import { deskOf, refusing } from '../../fleet/orderRoutes.js';
import { readPage, textIn, type Query } from '../../plumbing/paging.js';
import { notFound, problemIn, type Problem } from '../../plumbing/problems.js';
import { orderPlace } from '../../schemas/orders.js';
import type { PageParts } from '../context.js';
import { formOf, type Form } from '../ui/form.js';
import { frameOf, goTo, sendPage } from '../ui/send.js';
import { failureOf, orderIn, reasonIn } from './orderForm.js';
import { OrderPage } from './orderPage.js';
import { OrdersPage } from './ordersPage.js';

const READ = { config: { needs: 'read' } } as const;
const OPERATE = { config: { needs: 'operate' } } as const;
const FAILED = 100;
type OfOrder = { readonly Params: { readonly orderId: string } };
type Said = { readonly form: Form; readonly problem: Problem | null };
const NOTHING: Said = { form: {}, problem: null };

export function addOrderPages(app: FastifyInstance, parts: PageParts): void {
  const { assets, now, pool } = parts;
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { form, problem, shown = null }: Said & { readonly shown?: Previewed | null },
  ): Promise<FastifyReply> => {
    const { caller } = request;
    const asked = askedIn(request.url);
    const { items: orders, next } = await readPage({
      path: '/orders',
      query: asked,
      place: orderPlace,
      read: (after, limit) => {
        const { accounts } = caller;
        return listOrders(pool, {
          accounts,
          group: textIn(asked, 'group'),
          accountId: null,
          after,
          limit,
        });
      },
    });
    const page = OrdersPage({
      frame: frameOf(request, reply, { assets: assets.urls, now: now() }),
      orders,
      group: textIn(asked, 'group'),
      next,
      isFirst: asked['cursor'] === undefined,
      mayOrder: caller.role === 'operator',
      form,
      failure: problem && failureOf(problem),
      preview: shown,
    });
    return sendPage(request, reply, page, problem?.statusCode);
  };

  // A link of another page fills in the form: only its preview is one step away.
  app.get('/orders', READ, (request, reply) =>
    show(request, reply, { form: formOf(request.query), problem: null }),
  );
  app.post('/orders/preview', OPERATE, async (request, reply) => {
    const form = formOf(request.body);
    return said(
      async () => {
        const raw = { ...orderIn(form), actor: request.caller.name };
        const shown = await refusing(preview(deskOf(parts, request.caller), raw));
        return show(request, reply, { form, problem: null, shown });
      },
      (problem) => show(request, reply, { form, problem }),
    );
  });
  app.post('/orders', OPERATE, async (request, reply) => {
    const form = formOf(request.body);
    return said(
      async () => {
        const raw = { ...orderIn(form), actor: request.caller.name };
        const { orderId } = await refusing(makeOrder(deskOf(parts, request.caller), raw));
        return goTo(reply, `/orders/${orderId}`, 'The order is made.');
      },
      (problem) => show(request, reply, { form, problem }),
    );
  });
  addOrderPage(app, parts);
}

function addOrderPage(app: FastifyInstance, parts: PageParts): void {
  const { assets, now, pool } = parts;
  const show = async (
    request: FastifyRequest<OfOrder>,
    reply: FastifyReply,
    { form, problem }: Said,
  ): Promise<FastifyReply> => {
    const orderId = orderOf(request.params);
    const order = await refusing(known(deskOf(parts, request.caller), orderId));
    const asked = { orderId, after: null, limit: FAILED, outcome: 'failed' } as const;
    const page = OrderPage({
      frame: frameOf(request, reply, { assets: assets.urls, now: now() }),
      order,
      failed: await listOrderAccounts(pool, asked),
      mayOrder: request.caller.role === 'operator',
      form,
      failure: problem?.fields ?? null,
    });
    return sendPage(request, reply, page, problem?.statusCode);
  };
  app.get<OfOrder>('/orders/:orderId', READ, (request, reply) => show(request, reply, NOTHING));
  for (const [path, run, done] of [
    ['stop', stop, 'The order stops before its next accounts.'],
    ['takeBack', takeBack, 'The accounts are resumed by this order.'],
  ] as const) {
    app.post<OfOrder>(`/orders/:orderId/${path}`, OPERATE, async (request, reply) => {
      const form = formOf(request.body);
      return said(
        async () => {
          const by = { reason: reasonIn(form), actor: request.caller.name };
          const desk = deskOf(parts, request.caller);
          const { orderId } = await refusing(run(desk, orderOf(request.params), by));
          return goTo(reply, `/orders/${orderId}`, done);
        },
        (problem) => show(request, reply, { form, problem }),
      );
    });
  }
}

/** Returns the filter and the page of the list; text that is no group is ignored. */
function askedIn(url: string): Query {
  const params = new URLSearchParams(url.split('?')[1]);
  const [group, cursor] = [params.get('group'), params.get('cursor')];
  return {
    ...(isGroup(group) ? { group } : {}),
    ...(cursor === null ? {} : { cursor }),
  };
}

/** Does the work; a refusal is shown on the page again. */
async function said(
  work: () => Promise<FastifyReply>,
  refused: (problem: Problem) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    const problem = problemIn(error);
    if (!problem || problem.statusCode === 404) throw error;
    return refused(problem);
  }
}

function orderOf({ orderId }: OfOrder['Params']): string {
  if (new RegExp(ORDER_ID_PATTERN).test(orderId)) return orderId;
  throw notFound();
}
