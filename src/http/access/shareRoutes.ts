/** Links to an account, for operators: a link shows the account to a person without a key. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import { isoInstant, isoOrNull, type Instant } from '../../domain/primitives/time.js';
import { lengthOf, SHARE_HOURS, shareLabel } from '../../domain/wire/shareOrder.js';
import { isKnown } from '../../postgres/read/lists.js';
import {
  listShares,
  makeShare,
  revokeShare,
  shareStateOf,
  type Share,
} from '../../postgres/access/shares.js';
import { whoOf } from './accessLog.js';
import { actorOf } from './actor.js';
import { pageOf, pageQuery, readPage, type Query } from '../plumbing/paging.js';
import { accountUnknown, invalidInput, Problem } from '../plumbing/problems.js';
import { closed } from '../schemas/parts.js';
import * as schemas from '../schemas/shares.js';
import { accountParams, problems } from '../routes/message.js';
import type { Parts } from '../context.js';

type OfAccount = { readonly Params: Static<typeof accountParams> };
const config = { needs: 'operate' } as const;
const tags = ['shares'];

/** Returns the error for a link of another account and for one that never existed. */
export const shareUnknown = (): Problem =>
  new Problem({
    status: 404,
    kind: 'share-unknown',
    title: 'There is no such link',
    detail: 'this account has no link with this id',
    cure: 'read the ids of links with GET /v1/accounts/{id}/shares',
  });

const item = (share: Share, now: Instant) => ({
  shareId: share.shareId,
  accountId: share.accountId,
  label: share.label,
  state: shareStateOf(share, now),
  createdBy: share.createdBy,
  createdAt: isoInstant(share.createdAt),
  expiresAt: isoInstant(share.expiresAt),
  revokedAt: isoOrNull(share.revokedAt),
  revokedBy: share.revokedBy,
  lastOpenedAt: isoOrNull(share.lastOpenedAt),
});

type Order = {
  readonly accountId: string;
  readonly hours: number;
  /** As it was written; null or empty: no label. */
  readonly label?: string | null;
  readonly actor?: string | null;
};

/** Makes a link, and returns it with its address. Throws for an unknown account, or a bad label. */
export async function makeLink(
  { pool, now, publicUrl }: Parts,
  request: FastifyRequest,
  { accountId, hours, label, actor }: Order,
): Promise<{ readonly share: Share; readonly url: string }> {
  const named = label ? shareLabel(label, now()) : { value: null };
  if ('shouldBe' in named) throw invalidInput(`label should be ${named.shouldBe}`, 'label');
  if (!(await isKnown(pool, accountId))) throw accountUnknown();
  const by = actorOf(request.caller, actor);
  const order = { accountId, by, at: now(), lastsMs: lengthOf(hours), label: named.value };
  const { share, token } = await makeShare(pool, order);
  request.log.info({ ...whoOf(request), shareId: share.shareId }, 'access.share_made');
  const base = publicUrl ?? `${request.protocol}://${request.host}`;
  return { share, url: `${base}/s/${token}` };
}

/** Revokes a link of the account. Throws if the account has no such link. */
export async function revokeLink(
  { pool, now }: Parts,
  request: FastifyRequest,
  { accountId, shareId }: { readonly accountId: string; readonly shareId: string },
): Promise<Share> {
  const order = { accountId, shareId, by: request.caller.name, at: now() };
  const share = await revokeShare(pool, order);
  if (!share) throw shareUnknown();
  request.log.info({ ...whoOf(request), shareId }, 'access.share_revoked');
  return share;
}

export function shareRoutes(app: FastifyInstance, parts: Parts): void {
  const { pool, now } = parts;
  app.post<OfAccount & { Body: Static<typeof schemas.shareOrder> }>(
    '/v1/accounts/:accountId/shares',
    {
      config,
      schema: {
        operationId: 'share',
        tags,
        summary: 'Make a link that shows the account to a person without a key',
        params: accountParams,
        body: schemas.shareOrder,
        response: { 200: schemas.madeShare, ...problems },
      },
    },
    async (request, reply) => {
      const { expiresInHours, label, actor } = request.body;
      const hours = expiresInHours ?? SHARE_HOURS.default;
      const { accountId } = request.params;
      const order = { accountId, hours, label: label ?? null, actor: actor ?? null };
      const { share, url } = await makeLink(parts, request, order);
      void reply.header('cache-control', 'no-store');
      return { ...item(share, now()), url };
    },
  );
  app.get<OfAccount & { Querystring: Query }>(
    '/v1/accounts/:accountId/shares',
    {
      config,
      schema: {
        operationId: 'shares',
        tags,
        summary: 'The links of the account, the newest first, without their secrets',
        params: accountParams,
        querystring: closed(pageQuery),
        response: { 200: pageOf(schemas.share), ...problems },
      },
    },
    async ({ params: { accountId }, query, url }) => {
      if (!(await isKnown(pool, accountId))) throw accountUnknown();
      return readPage({
        path: url.split('?')[0] ?? '',
        query,
        place: Type.Integer(),
        read: async (before, limit) =>
          (await listShares(pool, accountId, { before, limit })).map((one) => ({
            item: item(one, now()),
            place: one.number,
          })),
      });
    },
  );
  app.delete<{ Params: Static<typeof schemas.shareParams> }>(
    '/v1/accounts/:accountId/shares/:shareId',
    {
      config,
      schema: {
        operationId: 'revokeShare',
        tags,
        summary: 'Revoke a link at once',
        params: schemas.shareParams,
        response: { 200: schemas.share, ...problems },
      },
    },
    async (request) => item(await revokeLink(parts, request, request.params), now()),
  );
}
