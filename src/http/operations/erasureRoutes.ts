/** Erases a person, as `safeband erase recipient` does, and lists the erasures (R29). */
import type { FastifyInstance } from 'fastify';
import { Type, type Static } from 'typebox';
import { isChatId } from '../../domain/primitives/ids.js';
import { normalProof } from '../../domain/primitives/linkedinId.js';
import { ACTOR_RULE } from '../../domain/wire/values.js';
import { ConfigError } from '../../platform/environment.js';
import { erasePerson, namesPerson, type Remembered } from '../../postgres/data/erase.js';
import { listErasures } from '../../postgres/data/erasures.js';
import { actorOf } from '../access/actor.js';
import { checkAllAccounts } from '../access/caller.js';
import type { Parts } from '../context.js';
import { pageOf, pageQuery, readPage, type Query } from '../plumbing/paging.js';
import { invalidInput, Problem } from '../plumbing/problems.js';
import { problems } from '../routes/message.js';
import { note } from '../schemas/body.js';
import { closed, count, day, instant, may, orNull, recipientId } from '../schemas/parts.js';

const { Array, Boolean, Integer, Optional, String } = Type;
/** Chats that one request names. */
const CHATS_MAX = 100;
const ID_MAX = 2_048;

const request = Type.Object(
  {
    recipientId,
    chatIds: may(
      Array(String({ minLength: 1, maxLength: ID_MAX }), {
        maxItems: CHATS_MAX,
        description: 'Also these chats, such as those of external sends: they name no recipient.',
      }),
    ),
    reason: String({
      minLength: 1,
      maxLength: 500,
      pattern: '\\S',
      ...note('Why, such as the number of the request; never the id.', 'request 4711'),
    }),
    apply: may(
      Boolean({ description: 'True: erase. Otherwise the rows are counted, and nothing changes.' }),
    ),
    actor: may(
      String({ ...ACTOR_RULE, ...note('The person, recorded as "ada via <key>".', 'ada') }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{ recipientId: 'ACoAAS7RzQB', reason: 'request 4711' }],
  },
);
const answer = closed({
  applied: Boolean({ description: 'False: nothing was changed.' }),
  hash: String({ description: 'What stands in place of the id.' }),
  rows: Type.Record(String(), count('Changed rows of the table.')),
  notSearched: count('Ids that free text was not searched for: numbers, or too short.'),
  chatsKnownSince: orNull(
    day(
      'An older version has deleted reservations of earlier quota days: their chats were not found, ' +
        'so name them in chatIds. Null: there are none.',
    ),
  ),
  erasureId: Optional(String({ description: 'The trace of the erasure.' })),
});

const trace = closed({
  erasureId: String(),
  at: instant('When the erasure ended.'),
  hash: String({ description: 'What stands in place of the id.' }),
  by: String({ description: 'Who erased.' }),
  reason: String(),
  rows: Type.Record(String(), count('Changed rows of the table.')),
});

const off = (detail: string): Problem =>
  new Problem({
    status: 409,
    kind: 'erasure-off',
    title: 'This server erases no person',
    detail,
    cure:
      'set SAFEBAND_ERASE_DATABASE_URL and SAFEBAND_ERASURE_KEY for the server, or run safeband ' +
      'erase recipient',
  });
const running = (): Problem =>
  new Problem({
    status: 409,
    kind: 'erasure-running',
    title: 'This server erases a person now',
    detail: 'one erasure reads all tables, so a server does one at a time',
    cure: 'send the request again in a minute; a repeated erasure changes nothing more',
    retryAfterSeconds: 60,
  });
const remembered = ({ accountId, reservationId, until }: Remembered): Problem =>
  new Problem({
    status: 409,
    kind: 'recipient-remembered',
    title: 'An account still works with this recipient',
    detail:
      reservationId === null
        ? `account ${accountId} is held, and the reason has an id of this recipient`
        : `account ${accountId} still works with reservation ${reservationId} of this recipient`,
    cure:
      reservationId === null
        ? 'resume the account, erase, and hold it again with another reason'
        : until === null
          ? 'erase when it has its outcome, or withdraw the ask'
          : `erase on ${until} or later`,
  });

const NOT_ALLOWED = '42501';
/** Names a wrong key, or the login that does not own the tables; throws other errors again. */
function refuseSetting(error: unknown): never {
  if (error instanceof ConfigError) throw off(error.message);
  if (!(error instanceof Error && 'code' in error && error.code === NOT_ALLOWED)) throw error;
  throw off(`the login of SAFEBAND_ERASE_DATABASE_URL does not own the tables: ${error.message}`);
}

function listRoute(app: FastifyInstance, { pool }: Parts): void {
  app.get<{ Querystring: Query }>(
    '/v1/erasures',
    {
      config: { needs: 'operate' },
      schema: {
        operationId: 'erasures',
        tags: ['lists'],
        summary: 'The trace of each erasure, the newest first; for keys of all accounts',
        querystring: closed(pageQuery),
        response: { 200: pageOf(trace), ...problems },
      },
    },
    async ({ caller, query, url }) => {
      checkAllAccounts(caller);
      return readPage({
        path: url.split('?')[0] ?? '',
        query,
        place: Integer(),
        read: async (before, limit) =>
          (await listErasures(pool, { before, limit })).map((item) => ({
            item,
            place: Number(item.erasureId),
          })),
      });
    },
  );
}

export function erasureRoutes(app: FastifyInstance, parts: Parts): void {
  const { now, erasure = null } = parts;
  listRoute(app, parts);
  let isRunning = false;
  app.post<{ Body: Static<typeof request> }>(
    '/v1/erasures',
    {
      config: { needs: 'operate' },
      schema: {
        operationId: 'erase',
        tags: ['operations'],
        summary: 'Replaces each id of a person by a keyed hash; for keys of all accounts',
        description:
          'Without `apply` it counts rows and changes nothing. It reads all tables, which may ' +
          'take a minute, and is one transaction. A repeated erasure changes nothing more.',
        body: request,
        response: { 200: answer, ...problems },
      },
    },
    async ({ caller, body }) => {
      checkAllAccounts(caller);
      const { chatIds, reason, apply, actor } = body;
      const chats = (chatIds ?? []).map((id, at) => {
        if (isChatId(id)) return normalProof(id);
        throw invalidInput(`chatIds[${at}] should be the id of a chat`, `chatIds[${at}]`);
      });
      const by = actorOf(caller, actor);
      for (const [field, text] of [
        ['reason', reason],
        ['actor', by],
      ] as const) {
        if (!namesPerson(text, body.recipientId, chats)) continue;
        throw invalidInput(`${field} should not have the id, because the trace keeps it`, field);
      }
      if (erasure === null) throw off('the server has no login that may erase');
      if (isRunning) throw running();
      isRunning = true;
      try {
        const ask = { recipientId: body.recipientId, chats, by, reason, at: now() };
        const isApplied = apply === true;
        const found = await erasePerson(erasure.pool(), erasure.key, { ...ask, isApplied }).catch(
          refuseSetting,
        );
        const [first] = found.remembered;
        if (first) throw remembered(first);
        const { hash, rows, notSearched, chatsKnownSince, erasureId } = found;
        const id = isApplied && erasureId !== undefined ? { erasureId } : {};
        return { applied: isApplied, hash, rows, notSearched, chatsKnownSince, ...id };
      } finally {
        isRunning = false;
      }
    },
  );
}
