/** The brake of the fleet over HTTP (R27): every key reads it, operators of all accounts use it. */
import type { FastifyInstance, FastifySchema } from 'fastify';
import type { Static } from 'typebox';
import { hasGroup, type Caller } from '../access/caller.js';
import { actorOf } from '../access/actor.js';
import { forbidden } from '../plumbing/problems.js';
import * as schemas from '../schemas/brake.js';
import { readBrakes } from '../../status/brakes.js';
import { problems } from '../routes/message.js';
import type { BrakeOrder } from '../../client/index.js';
import type { Engaged, Released } from '../../domain/fleet/brake.js';
import type { Parts } from '../context.js';

const tags = ['fleet'];

/** Throws unless the key has all accounts that the brake would hold. */
export function checkMayBrake(caller: Caller, group: string | null | undefined): void {
  if (group ? hasGroup(caller, group) : caller.accounts === null) return;
  const what = group ? `all accounts of the group ${group}` : 'all accounts';
  throw forbidden(
    `the brake holds ${what}, and this key is limited to others`,
    'use a key of these accounts, or hold single accounts',
  );
}

export function brakeRoutes(app: FastifyInstance, parts: Parts): void {
  const { client, pool } = parts;
  app.get(
    '/v1/brake',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'brake',
        tags,
        summary: 'The brake: whether it holds the fleet, who and why',
        response: { 200: schemas.brakes, ...problems },
      },
    },
    async () => {
      const { held, history } = await readBrakes(client, pool);
      return { held: [...held], history: [...history] };
    },
  );
  const order = (
    path: string,
    schema: FastifySchema & { readonly operationId: string; readonly summary: string },
    run: (by: BrakeOrder) => Promise<Engaged | Released>,
  ): void => {
    app.post<{ Body: Static<typeof schemas.brakeOrder> }>(
      path,
      { config: { needs: 'operate' }, schema: { tags, body: schemas.brakeOrder, ...schema } },
      async ({ caller, body: { group, reason, actor } }) => {
        checkMayBrake(caller, group);
        return run({ ...(group ? { group } : {}), reason, actor: actorOf(caller, actor) });
      },
    );
  };
  order(
    '/v1/brake',
    {
      operationId: 'engageBrake',
      summary: 'Stop all sends within 2 s, before any account is asked',
      description:
        'For keys of all accounts, or of all accounts of the group. A second brake changes nothing.',
      response: { 200: schemas.engaged, ...problems },
    },
    (by) => client.brake.engage(by),
  );
  order(
    '/v1/brake/release',
    {
      operationId: 'releaseBrake',
      summary: 'Release the brake: callers continue',
      response: { 200: schemas.released, ...problems },
    },
    (by) => client.brake.release(by),
  );
}
