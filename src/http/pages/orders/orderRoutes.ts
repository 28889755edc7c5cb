/** The pages of orders on many accounts (R30). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ORDER_ID_PATTERN } from '../../../domain/fleet/order.js';
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
import { invalidInput, notFound, problemIn, type Problem } from '../../plumbing/problems.js';
import type { PageParts } from '../context.js';
import { formOf, type Form } from '../ui/form.js';
import { frameOf, goTo, sendPage } from '../ui/send.js';
import { OrderPage, OrdersPage } from './ordersPage.js';

const READ = { config: { needs: 'read' } } as const;
const OPERATE = { config: { needs: 'operate' } } as const;
const ORDERS = 50;
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
    const orders = await listOrders(pool, { accounts: caller.accounts, limit: ORDERS });
    const page = OrdersPage({
      frame: frameOf(request, reply, { assets: assets.urls, now: now() }),
      orders,
      mayOrder: caller.role === 'operator',
      form,
      failure: problem?.fields ?? null,
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

function reasonIn({ reason = '' }: Form): string {
  if (reason !== '') return reason;
  throw invalidInput('reason should not be empty', 'reason');
}

/** Returns the order of the form, as a body of the API. */
function orderIn(form: Form): object {
  const ids = (form['accountIds'] ?? '').split(/[\s,;]+/).filter(Boolean);
  const isAll = ids.length === 1 && ids[0] === 'all';
  const text = (name: string) => form[name] || undefined;
  return {
    kind: form['kind'],
    filter: {
      ...(isAll ? { all: true } : ids.length > 0 ? { accountIds: ids } : {}),
      group: text('group'),
      tier: text('tier'),
      state: text('state'),
      cooldown: text('cooldown'),
    },
    change: changeIn(form['change'] ?? ''),
    reason: form['reason'] ?? '',
    perSecond: numberIn(form, 'perSecond'),
    expected: numberIn(form, 'expected'),
  };
}

function numberIn(form: Form, name: string): number | undefined {
  const text = form[name] ?? '';
  if (text === '') return undefined;
  if (/^\d{1,8}$/.test(text)) return Number(text);
  throw invalidInput(`${name} should be a whole number`, name);
}

function changeIn(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw invalidInput('change should be JSON such as {"dailyCap":30}', 'change');
  }
}
