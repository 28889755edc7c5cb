/** The brake of the fleet over HTTP (R27): every key reads it, operators of all accounts use it. */
import type { FastifyInstance, FastifySchema } from 'fastify';
import type { Static } from 'typebox';
import { hasGroup, type Caller } from '../access/caller.js';
import { actorOf } from '../access/actor.js';
import { forbidden } from '../plumbing/problems.js';
import * as schemas from '../schemas/brake.js';
import { holdsOfBrake, type HoldOrder } from '../../domain/fleet/brakeHolds.js';
import { readBrakes, readHoldOrders } from '../../status/brakes.js';
import { problems } from '../routes/message.js';
import type { BrakeOrder } from '../../client/index.js';
import type { Parts } from '../context.js';

const tags = ['fleet'];

/** True if the key has all accounts that the brake would hold. */
export const mayBrake = (caller: Caller, group: string | null | undefined): boolean =>
  group ? hasGroup(caller, group) : caller.accounts === null;

/** Throws unless the key has all accounts that the brake would hold. */
export function checkMayBrake(caller: Caller, group: string | null | undefined): void {
  if (mayBrake(caller, group)) return;
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
    async ({ caller: { accounts } }) => {
      const { held, history } = await readBrakes(client, { pool, accounts });
      return { held: held.map(brakeWire), history: history.map(brakeWire) };
    },
  );
  const order = (
    path: string,
    schema: FastifySchema & { readonly operationId: string; readonly summary: string },
    run: (by: BrakeOrder, caller: Caller) => Promise<object>,
  ): void => {
    app.post<{ Body: Static<typeof schemas.brakeOrder> }>(
      path,
      { config: { needs: 'operate' }, schema: { tags, body: schemas.brakeOrder, ...schema } },
      async ({ caller, body: { group, reason, actor } }) => {
        checkMayBrake(caller, group);
        const by = { ...(group ? { group } : {}), reason, actor: actorOf(caller, actor) };
        return run(by, caller);
      },
    );
  };
  order(
    '/v1/brake',
    {
      operationId: 'engageBrake',
      summary: 'Stop all sends within 2 s, before any account is asked',
      description:
        'For keys of all accounts, or of all accounts of the group. A second brake changes nothing. ' +
        '`toHoldAccounts` is the order that holds the same accounts; nothing makes it by itself.',
      response: { 200: schemas.engaged, ...problems },
    },
    async (by) => ({ ...(await client.brake.engage(by)), toHoldAccounts: holdsOfBrake(by) }),
  );
  order(
    '/v1/brake/release',
    {
      operationId: 'releaseBrake',
      summary: 'Release the brake: callers continue',
      description:
        'Accounts that an order has held stay held: `holdOrders` names these orders, and ' +
        '`POST /v1/orders/{orderId}/takeBack` resumes their accounts.',
      response: { 200: schemas.released, ...problems },
    },
    async (by, { accounts }) => {
      const { released } = await client.brake.release(by);
      const holdOrders = released ? await readHoldOrders(released, { pool, accounts }) : [];
      return { released, holdOrders };
    },
  );
}

/** Returns a brake as an answer of the API, with lists that the schema may change. */
const brakeWire = <B extends { readonly holdOrders: readonly HoldOrder[] | null }>(one: B) => ({
  ...one,
  holdOrders: one.holdOrders && [...one.holdOrders],
});
