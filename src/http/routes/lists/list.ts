/**
 * Builds the route of a list: `GET`, paged, of one account or of all that the key may see. With
 * `format=csv` the answer is a file with all rows.
 */
import type { FastifyInstance } from 'fastify';
import { Type, type Static, type TObject, type TProperties, type TSchema } from 'typebox';
import { isoInstant } from '../../../domain/primitives/time.js';
import { idsOfGroup } from '../../../postgres/groups/members.js';
import { isKnown } from '../../../postgres/read/lists.js';
import { csvQuery, isCsv, sendCsv } from '../../plumbing/csv.js';
import { pageOf, pageQuery, readPage, type Query, type Rows } from '../../plumbing/paging.js';
import { accountUnknown } from '../../plumbing/problems.js';
import { closed } from '../../schemas/parts.js';
import { groupIn, groupQuery } from '../../plumbing/groupFilter.js';
import { accountParams, problems } from '../message.js';
import type { Parts } from '../../context.js';

export type Listing<P extends TSchema> = {
  /** Under `/v1`, such as `/alerts`. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly item: TObject;
  /** Filters in addition to `limit` and `cursor`. */
  readonly filters: TProperties;
  /** The place of an item in the order, so that the next page begins after it. */
  readonly place: P;
  readonly read: (asked: {
    readonly app: FastifyInstance;
    readonly parts: Parts;
    /** The accounts that the list is limited to; null for all. */
    readonly accounts: readonly string[] | null;
    readonly query: Query;
    readonly after: Static<P> | null;
    readonly limit: number;
  }) => Promise<Rows<Static<P>>>;
};

/** Returns a plugin that adds the list of everything that a key may see. */
export const list =
  <P extends TSchema>(listing: Listing<P>) =>
  (app: FastifyInstance, parts: Parts): void => {
    app.get<{ Querystring: Query }>(
      `/v1${listing.path}`,
      {
        config: { needs: 'read' },
        schema: schemaOf({ ...listing, filters: { ...listing.filters, ...groupQuery } }),
      },
      async (request, reply) => {
        const { caller, query, url } = request;
        const only = { group: groupIn(query['group']), accounts: caller.accounts };
        const accounts = await idsOfGroup(parts.pool, only);
        const read = (after: Static<P> | null, limit: number) =>
          listing.read({ app, parts, accounts, query, after, limit });
        if (isCsv(query)) {
          return sendCsv(request, reply, { ...fileOf(listing, parts), read });
        }
        return readPage({ path: pathOf(url), query, place: listing.place, read });
      },
    );
  };

/** Returns a plugin that adds the list of one account; 404 for an unknown account. */
export const listOfAccount =
  <P extends TSchema>(listing: Listing<P>) =>
  (app: FastifyInstance, parts: Parts): void => {
    app.get<{ Params: Static<typeof accountParams>; Querystring: Query }>(
      `/v1/accounts/:accountId${listing.path}`,
      {
        config: { needs: 'read' },
        schema: { ...schemaOf(listing), params: accountParams },
      },
      async (request, reply) => {
        const { query, url } = request;
        const { accountId } = request.params;
        const read = (after: Static<P> | null, limit: number) =>
          listing.read({ app, parts, accounts: [accountId], query, after, limit });
        if (isCsv(query)) {
          if (!(await isKnown(parts.pool, accountId))) throw accountUnknown();
          return sendCsv(request, reply, { ...fileOf(listing, parts, accountId), read });
        }
        const page = await readPage({ path: pathOf(url), query, place: listing.place, read });
        if (page.items.length === 0 && !(await isKnown(parts.pool, accountId))) {
          throw accountUnknown();
        }
        return page;
      },
    );
  };

/** Returns name and columns of the file; the file of one account has the account in each row. */
function fileOf<P extends TSchema>(
  { path, item }: Listing<P>,
  { now }: Parts,
  accountId?: string,
): { name: string; columns: readonly string[]; more: { accountId?: string } } {
  const columns = Object.keys(item.properties);
  const day = isoInstant(now()).slice(0, 10);
  const of = accountId === undefined ? '' : `-${accountId}`;
  return {
    name: `safeband${path.replaceAll('/', '-')}${of}-${day}.csv`,
    columns:
      accountId === undefined || columns.includes('accountId')
        ? columns
        : ['accountId', ...columns],
    more: accountId === undefined ? {} : { accountId },
  };
}

const schemaOf = <P extends TSchema>({ name, summary, filters, item }: Listing<P>) => ({
  operationId: name,
  tags: ['lists'],
  summary,
  querystring: closed({ ...filters, ...pageQuery, ...csvQuery }),
  response: { 200: pageOf(item), ...problems },
});
const pathOf = (url: string): string => url.split('?')[0] ?? '';
export const place = <T extends TSchema[]>(...parts: [...T]) => Type.Tuple(parts);
