/** The buttons of the brake on the page *Fleet* (R27). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../access/caller.js';
import { checkMayBrake } from '../../fleet/brakeRoutes.js';
import { problemIn, type Problem } from '../../plumbing/problems.js';
import type { PageParts } from '../context.js';
import { formOf, type Form } from '../ui/form.js';
import { goTo } from '../ui/send.js';
import type { BrakeOrder } from '../../../client/index.js';
import { readHoldOrders } from '../../../status/brakes.js';

const OPERATE = { config: { needs: 'operate' } } as const;

/** The result on the next page, and its address: *Fleet*, or an order that can be taken back. */
type Done = { readonly said: string; readonly to?: string };
type Show = (
  request: FastifyRequest,
  reply: FastifyReply,
  said: { readonly form: Form; readonly problem: Problem },
) => Promise<FastifyReply>;

/** Adds the buttons; `show` renders the page again with what was wrong. */
export function addBrakeButtons(
  app: FastifyInstance,
  { client, pool }: PageParts,
  show: Show,
): void {
  const button = (path: string, run: (by: BrakeOrder, caller: Caller) => Promise<Done>): void => {
    app.post(path, OPERATE, async (request, reply) => {
      const form = formOf(request.body);
      checkMayBrake(request.caller, form['group']);
      try {
        const group = form['group'] ? { group: form['group'] } : {};
        const by = { ...group, reason: form['reason'] ?? '', actor: request.caller.name };
        const { said, to = '/fleet' } = await run(by, request.caller);
        return goTo(reply, to, said);
      } catch (error) {
        const problem = problemIn(error);
        if (!problem) throw error;
        return show(request, reply, { form, problem });
      }
    });
  };
  button('/fleet/brake', async (by) => {
    const { heldBefore } = await client.brake.engage(by);
    return {
      said: heldBefore
        ? 'The brake was on already, and stays.'
        : 'The brake is on. Within 2 s no caller gets a slot.',
    };
  });
  button('/fleet/brake/release', async (by, { accounts }) => {
    const { released } = await client.brake.release(by);
    if (released === null) return { said: 'The brake was not on. Nothing was changed.' };
    const said = 'The brake is released. Callers continue within 2 s.';
    const [order] = (await readHoldOrders(released, { pool, accounts })) ?? [];
    if (!order) return { said };
    return {
      said: `${said} The accounts that this order has held stay held until you take it back.`,
      to: `/orders/${order.orderId}`,
    };
  });
}
