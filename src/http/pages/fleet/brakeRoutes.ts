/** The form of the brake on the page *Fleet*: its preview, and its buttons (R27). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../access/caller.js';
import { checkMayBrake } from '../../fleet/brakeRoutes.js';
import { deskOf } from '../../fleet/orderRoutes.js';
import { invalidInput, problemIn, type Problem } from '../../plumbing/problems.js';
import type { PageParts } from '../context.js';
import { formOf, type Form } from '../ui/form.js';
import { frameOf, goTo, sendPage } from '../ui/send.js';
import type { BrakeOrder } from '../../../client/index.js';
import { parseRelease } from '../../../domain/fleet/brake.js';
import { holdsOfBrake } from '../../../domain/fleet/brakeHolds.js';
import { readHoldOrders } from '../../../status/brakes.js';
import { preview } from '../../../status/orderDesk.js';
import { BrakeConfirmPage } from './brakeConfirm.js';

const OPERATE = { config: { needs: 'operate' } } as const;

/** The result on the next page, and its address: *Fleet*, or an order that can be taken back. */
type Done = { readonly said: string; readonly to?: string };
type Show = (
  request: FastifyRequest,
  reply: FastifyReply,
  said: { readonly form: Form; readonly problem: Problem },
) => Promise<FastifyReply>;

/** Adds the form; `show` renders the page *Fleet* again with what was wrong. */
export function addBrakeButtons(app: FastifyInstance, parts: PageParts, show: Show): void {
  const { client, pool, assets, now } = parts;
  const handle = (
    path: string,
    run: (by: BrakeOrder, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
    shownAgain = (form: Form): Form => form,
  ): void => {
    app.post(path, OPERATE, async (request, reply) => {
      const form = formOf(request.body);
      checkMayBrake(request.caller, form['group']);
      try {
        const group = form['group'] ? { group: form['group'] } : {};
        const by = { ...group, reason: form['reason'] ?? '', actor: request.caller.name };
        return await run(by, request, reply);
      } catch (error) {
        const problem = problemIn(error);
        if (!problem) throw error;
        return show(request, reply, { form: shownAgain(form), problem });
      }
    });
  };
  // Which accounts it stops is shown first; without Postgres only their number is missing.
  handle('/fleet/brake/preview', async (by, request, reply) => {
    const parsed = parseRelease(by, 'strict', now());
    if (!parsed.ok) {
      throw invalidInput(parsed.message, /^\w+(?= )/.exec(parsed.message)?.[0]);
    }
    const { group = null, reason } = by;
    const holds = { ...holdsOfBrake({ group, reason }), actor: by.actor };
    const found = await preview(deskOf(parts, request.caller), holds).catch(() => null);
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const asked = { group, reason, count: found?.count ?? null };
    return sendPage(request, reply, BrakeConfirmPage({ frame, asked }));
  });
  handle('/fleet/brake', async (by, _, reply) => {
    const { heldBefore } = await client.brake.engage(by);
    const said = heldBefore
      ? 'The brake was on already, and stays.'
      : 'The brake is on. Within 2 s no caller gets a slot.';
    return goTo(reply, '/fleet', said);
  });
  const release = async (by: BrakeOrder, { accounts }: Caller): Promise<Done> => {
    const { released } = await client.brake.release(by);
    if (released === null) return { said: 'The brake was not on. Nothing was changed.' };
    const said = 'The brake is released. Callers continue within 2 s.';
    const orders = await readHoldOrders(released, { pool, accounts });
    if (orders === null) {
      return { said: `${said} Orders cannot be read now; accounts that one has held stay held.` };
    }
    const [order] = orders;
    if (!order) return { said };
    return {
      said: `${said} The accounts that this order has held stay held until you take it back.`,
      to: `/orders/${order.orderId}`,
    };
  };
  handle(
    '/fleet/brake/release',
    async (by, { caller }, reply) => {
      const { said, to = '/fleet' } = await release(by, caller);
      return goTo(reply, to, said);
    },
    () => ({}), // the form that stops sends is empty after it
  );
}
