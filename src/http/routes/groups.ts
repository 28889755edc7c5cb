/** Groups of accounts (R26): the list, and the policy of their new accounts. */
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import type { GroupDefaults } from '../../domain/commands/groupDefaults.js';
import { NEXT_DEFAULT, NEXT_MAX, nextJson } from '../../domain/diagnostics/canSend/groupOrder.js';
import { isoInstant, isoOrNull } from '../../domain/primitives/time.js';
import { parseDefaults } from '../../domain/wire/adminRequests.js';
import { ACCOUNT_STATES } from '../../domain/gate/accountState.js';
import { readGroupRow, setDefaults, type GroupRow } from '../../postgres/groups/defaults.js';
import { listNumbered } from '../../postgres/groups/numbers.js';
import { nextOfGroup } from '../../postgres/groups/next.js';
import { actorOf } from '../access/actor.js';
import { hasGroup, type Caller } from '../access/caller.js';
import type { Parts } from '../context.js';
import { csvQuery, isCsv, sendCsv } from '../plumbing/csv.js';
import { pageOf, pageQuery, readPage, type Query } from '../plumbing/paging.js';
import { invalidInput, Problem } from '../plumbing/problems.js';
import { groupDefaults } from '../schemas/messages.js';
import { accountId, closed, count, groupName, instant, orNull } from '../schemas/parts.js';
import { problems } from './message.js';

export const groupParams = closed({ group: groupName });
const settings = closed({
  group: groupName,
  accounts: count('The accounts of the group that the key may see.'),
  defaults: orNull(
    Type.Object({}, { description: 'Null: the key does not have the whole group.' }),
  ),
  changedBy: orNull(Type.String({ description: 'Who set the defaults last.' })),
  changedAt: orNull(instant('When they were set.')),
});

const item = closed({
  ...settings.properties,
  states: Type.Object(
    Object.fromEntries(ACCOUNT_STATES.map((state) => [state, Type.Optional(count('Accounts.'))])),
    { description: 'The accounts by state; a state without an account is not named.' },
  ),
  counter: count('Slots that these accounts have spent today.'),
  cap: count('The sum of the caps of today of connected accounts, without weekly caps.'),
  waiting: count('Asks that wait in the lines of these accounts.'),
  alerts: count('Open alerts of these accounts that no person works on.'),
});

/** Returns the group as that key sees it: a key of some of its accounts gets no defaults. */
const shown = <R extends GroupRow>(caller: Caller, { changedAt, ...row }: R) => {
  const isWhole = hasGroup(caller, row.group);
  return {
    ...row,
    defaults: isWhole ? row.defaults : null,
    changedBy: isWhole ? row.changedBy : null,
    changedAt: isWhole ? isoOrNull(changedAt) : null,
  };
};

/** The error for a group that the key does not have; it is the same if no such group exists. */
export const groupUnknown = (): Problem =>
  new Problem({
    status: 404,
    kind: 'group-unknown',
    title: 'There is no such group',
    detail: 'this key has no account of this group',
    cure: 'read the groups with GET /v1/groups',
  });

/** Reads the defaults of a request; throws `InvalidInput` with the field. */
export function defaultsIn(raw: unknown, at: number): GroupDefaults {
  const found = parseDefaults(raw, 'strict', at);
  if (!found.ok) throw invalidInput(found.message, /^[\w.]+(?= )/.exec(found.message)?.[0]);
  const { actor: _, ...defaults } = found.value;
  return defaults;
}

const nextItem = closed({
  accountId,
  canSend: Type.Boolean({ description: 'True: a reserve would be granted now.' }),
  reason: orNull(Type.String({ description: 'Why it waits.' })),
  notBefore: orNull(instant('The first instant of a grant. Null: now, or the next reconcile.')),
  left: count('Slots that are left today.'),
  slots: Type.Array(instant('A reserve is granted then, if each slot before it is used.')),
});
const nextAnswer = closed({
  group: groupName,
  asOf: instant('The instant of these answers.'),
  items: Type.Array(nextItem, { description: 'In the order in which to ask.' }),
});
const nextQuery = closed({
  count: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: NEXT_MAX,
      default: NEXT_DEFAULT,
      description: 'Accounts.',
    }),
  ),
});
type NextQuery = Static<typeof nextQuery>;

/** Adds `GET /v1/groups/:group/next`: the accounts that may send now or first. */
function addNext(app: FastifyInstance, { pool, now }: Parts): void {
  app.get<{ Params: Static<typeof groupParams>; Querystring: NextQuery }>(
    '/v1/groups/:group/next',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'nextOfGroup',
        tags: ['groups'],
        summary: 'The accounts of a group that may send now or first, with times and reasons',
        description:
          'From their rows, as "can it send?". Accounts that need a person are left out. Ask an ' +
          'account for its slot: these answers take none.',
        params: groupParams,
        querystring: nextQuery,
        response: { 200: nextAnswer, ...problems },
      },
    },
    async ({ caller, params: { group }, query: { count: most = NEXT_DEFAULT } }) => {
      const at = now();
      const found = await nextOfGroup(pool, { group, accounts: caller.accounts, count: most, at });
      if (!found) throw groupUnknown();
      return { group, asOf: isoInstant(at), items: found.map(nextJson) };
    },
  );
}

export function groupRoutes(app: FastifyInstance, parts: Parts): void {
  const { pool, now } = parts;
  addNext(app, parts);
  const tags = ['groups'];
  app.get<{ Querystring: Query }>(
    '/v1/groups',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'groups',
        tags,
        summary: 'Groups that the key may see, by name, with their numbers and their policy',
        querystring: closed({ ...pageQuery, ...csvQuery }),
        response: { 200: pageOf(item), ...problems },
      },
    },
    (request, reply) => {
      const { caller, query, url } = request;
      const read = async (after: string | null, limit: number) => {
        const asked = { ...caller, after: after ?? '', limit, at: now() };
        const found = await listNumbered(pool, asked);
        return found.map((row) => ({ item: shown(caller, row), place: row.group }));
      };
      if (isCsv(query)) {
        const name = `safeband-groups-${isoInstant(now()).slice(0, 10)}.csv`;
        const columns = Object.keys(item.properties);
        return sendCsv(request, reply, { name, columns, more: {}, read });
      }
      return readPage({ path: url.split('?')[0] ?? '', query, place: Type.String(), read });
    },
  );
  app.put<{ Params: Static<typeof groupParams>; Body: Static<typeof groupDefaults> }>(
    '/v1/groups/:group',
    {
      config: { needs: 'operate' },
      schema: {
        operationId: 'setGroup',
        tags,
        summary: 'Replace the policy of new accounts of a group; {} removes it',
        description:
          'A connect over HTTP or the command line takes from it what it leaves out. Accounts that ' +
          'exist stay as they are.',
        params: groupParams,
        body: groupDefaults,
        response: { 200: settings, ...problems },
      },
    },
    async ({ caller, params: { group }, body }) => {
      if (!hasGroup(caller, group)) throw groupUnknown();
      const by = actorOf(caller, body.actor);
      await setDefaults(pool, { group, defaults: defaultsIn(body, now()), by });
      return shown(caller, await readGroupRow(pool, group, caller.accounts));
    },
  );
}
