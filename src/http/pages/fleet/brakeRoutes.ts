/** The buttons of the brake on the page *Fleet* (R27). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { checkMayBrake } from '../../fleet/brakeRoutes.js';
import { problemIn, type Problem } from '../../plumbing/problems.js';
import type { PageParts } from '../context.js';
import { formOf, type Form } from '../ui/form.js';
import { goTo } from '../ui/send.js';
import type { BrakeOrder } from '../../../client/index.js';

const OPERATE = { config: { needs: 'operate' } } as const;

type Show = (
  request: FastifyRequest,
  reply: FastifyReply,
  said: { readonly form: Form; readonly problem: Problem },
) => Promise<FastifyReply>;

/** Adds the buttons; `show` renders the page again with what was wrong. */
export function addBrakeButtons(app: FastifyInstance, { client }: PageParts, show: Show): void {
  const button = (path: string, run: (by: BrakeOrder) => Promise<string>): void => {
    app.post(path, OPERATE, async (request, reply) => {
      const form = formOf(request.body);
      checkMayBrake(request.caller, form['group']);
      try {
        const group = form['group'] ? { group: form['group'] } : {};
        const by = { ...group, reason: form['reason'] ?? '', actor: request.caller.name };
        const done = await run(by);
        return goTo(reply, '/fleet', done);
      } catch (error) {
        const problem = problemIn(error);
        if (!problem) throw error;
        return show(request, reply, { form, problem });
      }
    });
  };
  button('/fleet/brake', async (by) => {
    const { heldBefore } = await client.brake.engage(by);
    return heldBefore
      ? 'The brake was on already, and stays.'
      : 'The brake is on. Within 2 s no caller gets a slot.';
  });
  button('/fleet/brake/release', async (by) => {
    const { released } = await client.brake.release(by);
    return released === null
      ? 'The brake was not on. Nothing was changed.'
      : 'The brake is released. Callers continue within 2 s.';
  });
}
