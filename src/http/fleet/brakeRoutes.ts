/** The brake of the fleet over HTTP (R27): every key reads it, operators of all accounts use it. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { hasGroup, type Caller } from '../access/caller.js';
import { actorOf } from '../access/actor.js';
import { forbidden } from '../plumbing/problems.js';
import * as schemas from '../schemas/brake.js';
import { readBrakes } from '../../status/brakes.js';
import { problems } from '../routes/message.js';
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

const ofGroup = (group: string | null | undefined) => (group ? { group } : {});

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
  app.post<{ Body: Static<typeof schemas.brakeOrder> }>(
    '/v1/brake',
    {
      config: { needs: 'operate' },
      schema: {
        operationId: 'engageBrake',
        tags,
        summary: 'Stop all sends within 2 s, before any account is asked',
        description: 'For keys of all accounts. A second brake changes nothing.',
        body: schemas.brakeOrder,
        response: { 200: schemas.engaged, ...problems },
      },
    },
    async ({ caller, body: { group, reason, actor } }) => {
      checkMayBrake(caller, group);
      return client.brake.engage({ ...ofGroup(group), reason, actor: actorOf(caller, actor) });
    },
  );
  app.post<{ Body: Static<typeof schemas.brakeOrder> }>(
    '/v1/brake/release',
    {
      config: { needs: 'operate' },
      schema: {
        operationId: 'releaseBrake',
        tags,
        summary: 'Release the brake: callers continue',
        body: schemas.brakeOrder,
        response: { 200: schemas.released, ...problems },
      },
    },
    async ({ caller, body: { group, reason, actor } }) => {
      checkMayBrake(caller, group);
      return client.brake.release({ ...ofGroup(group), reason, actor: actorOf(caller, actor) });
    },
  );
}
