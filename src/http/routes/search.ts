/** `GET /v1/search`: accounts, reservations, campaigns, recipients and chats by their ids. */
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { SEARCH_LIMIT, searchText } from '../../domain/wire/search.js';
import { idsOfGroup, type GroupFilter } from '../../postgres/groups/members.js';
import { search, SearchTooLong, type Found, type Part } from '../../postgres/read/searching.js';
import type { Caller } from '../access/caller.js';
import { groupIn } from '../plumbing/groupFilter.js';
import { invalidInput, problemOf } from '../plumbing/problems.js';
import { found, searchQuery } from '../schemas/search.js';
import { accountItem } from './lists/lists.js';
import { problems } from './message.js';
import type { Parts } from '../context.js';

type SearchOnly = { readonly limit?: number | undefined; readonly group?: GroupFilter };

/** Searches for a caller: only in the accounts that the key may see. */
export async function searchFor(
  caller: Caller,
  { pool, now }: Pick<Parts, 'pool' | 'now'>,
  raw: unknown,
  { limit = SEARCH_LIMIT, group = null }: SearchOnly = {},
): Promise<{ readonly text: string; readonly found: Found }> {
  const read = searchText(raw, now());
  if ('shouldBe' in read) throw invalidInput(`q should be ${read.shouldBe}`, 'q');
  const text = read.value;
  const accounts = await idsOfGroup(pool, { group, accounts: caller.accounts });
  const ask = { text, accounts, limit, at: now() };
  return { text, found: await search(pool, ask).catch(refuse) };
}

function refuse(error: unknown): never {
  if (!(error instanceof SearchTooLong)) throw error;
  throw problemOf('Unavailable', error.message, 'q');
}

/** Returns the address of the reservations of a campaign, as a page or, under `/v1`, as a list. */
export const campaignAddress = (campaignId: string): string =>
  `/reservations?campaignId=${encodeURIComponent(campaignId)}`;

const pageOf = (accountId: string): string => `/accounts/${accountId}`;
const withPage = <T extends { readonly accountId: string }>({ items, isCut }: Part<T>) => ({
  items: items.map((item) => ({ ...item, page: pageOf(item.accountId) })),
  isCut,
});

export function searchRoutes(app: FastifyInstance, parts: Parts): void {
  app.get<{ Querystring: Static<typeof searchQuery> }>(
    '/v1/search',
    {
      config: { needs: 'read' },
      schema: {
        operationId: 'search',
        tags: ['lists'],
        summary: 'Accounts, reservations, campaigns, recipients and chats by their ids',
        querystring: searchQuery,
        response: { 200: found, ...problems },
      },
    },
    async ({ caller, query }) => {
      const limit = query.limit ?? SEARCH_LIMIT;
      const only = { limit, group: groupIn(query.group) };
      const { text, found: all } = await searchFor(caller, parts, query.q, only);
      return {
        q: text,
        limit,
        accounts: withPage({
          ...all.accounts,
          items: all.accounts.items.map((row) => accountItem(row, parts.now())),
        }),
        reservations: withPage(all.reservations),
        campaigns: {
          items: all.campaigns.items.map((one) => ({
            ...one,
            page: campaignAddress(one.campaignId),
            csv: `/v1${campaignAddress(one.campaignId)}&format=csv`,
          })),
          isCut: all.campaigns.isCut,
        },
        recipients: withPage(all.recipients),
        chats: withPage(all.chats),
      };
    },
  );
}
