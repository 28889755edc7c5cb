/** Builds the route of a list: `GET`, paged, of one account or of all that the key may see. */
import type { FastifyInstance } from 'fastify';
import { Type, type Static, type TProperties, type TSchema } from 'typebox';
import { isKnown } from '../../postgres/read/lists.js';
import { pageOf, pageQuery, readPage, type Placed, type Query } from '../plumbing/paging.js';
import { accountUnknown } from '../plumbing/problems.js';
import { closed } from '../schemas/parts.js';
import { accountParams, problems } from './message.js';
import type { Parts } from '../context.js';

export type Listing<P extends TSchema> = {
  /** Under `/v1`, such as `/alerts`. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly item: TSchema;
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
  }) => Promise<readonly Placed<Static<P>>[]>;
};

/** Returns a plugin that adds the list of everything that a key may see. */
export const list =
  <P extends TSchema>(listing: Listing<P>) =>
  (app: FastifyInstance, parts: Parts): void => {
    app.get<{ Querystring: Query }>(
      `/v1${listing.path}`,
      { config: { needs: 'read' }, schema: schemaOf(listing) },
      ({ caller, query, url }) => {
        const { accounts } = caller;
        return readPage({
          path: pathOf(url),
          query,
          place: listing.place,
          read: (after, limit) => listing.read({ app, parts, accounts, query, after, limit }),
        });
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
      async ({ params: { accountId }, query, url }) => {
        const page = await readPage({
          path: pathOf(url),
          query,
          place: listing.place,
          read: (after, limit) =>
            listing.read({ app, parts, accounts: [accountId], query, after, limit }),
        });
        if (page.items.length === 0 && !(await isKnown(parts.pool, accountId))) {
          throw accountUnknown();
        }
        return page;
      },
    );
  };

const schemaOf = <P extends TSchema>({ name, summary, filters, item }: Listing<P>) => ({
  operationId: name,
  tags: ['lists'],
  summary,
  querystring: closed({ ...filters, ...pageQuery }),
  response: { 200: pageOf(item), ...problems },
});
const pathOf = (url: string): string => url.split('?')[0] ?? '';
export const place = <T extends TSchema[]>(...parts: [...T]) => Type.Tuple(parts);
