/** The pages that find rows: a search over all kinds of ids, and lists of reservations. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { isAccountId, isCampaignId } from '../../../domain/primitives/ids.js';
import { pageCampaign } from '../../../postgres/read/campaigns.js';
import { countGroups, idsOfGroup } from '../../../postgres/groups/members.js';
import { isKnown, pageReservations } from '../../../postgres/read/lists.js';
import { maySee, type Caller } from '../../access/caller.js';
import { groupOfPage } from '../../plumbing/groupFilter.js';
import { readPage, type Query } from '../../plumbing/paging.js';
import { Problem } from '../../plumbing/problems.js';
import { place } from '../../routes/lists/list.js';
import { searchFor } from '../../routes/search.js';
import { day } from '../../schemas/parts.js';
import { frameOf, sendPage } from '../ui/send.js';
import type { PageParts } from '../context.js';
import { begunBy } from './begun.js';
import { ReservationsPage, type Listed, type Wanted } from './reservations.js';
import { SearchPage } from './search.js';
import { RESERVATION_STATES } from './words.js';

const READ = { config: { needs: 'read' } } as const;
type Asked = { readonly Querystring: { readonly [name: string]: unknown } };

export function addSearchPages(app: FastifyInstance, parts: PageParts): void {
  const { assets, now } = parts;

  app.get<Asked>('/search', READ, async (request, reply) => {
    const raw = request.query['q'] ?? '';
    const { caller } = request;
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const group = groupOfPage(request.query['group']);
    const groups = await countGroups(parts.pool, caller.accounts);
    const shown = { frame, text: typeof raw === 'string' ? shortOf(raw) : '', group, groups };
    if (raw === '') {
      return sendPage(request, reply, SearchPage({ ...shown, found: null, failure: null }));
    }
    try {
      const { text, found } = await searchFor(caller, parts, raw, { group });
      return await sendPage(request, reply, SearchPage({ ...shown, text, found, failure: null }));
    } catch (error) {
      if (!(error instanceof Problem) || error.fields.field !== 'q') throw error;
      const failure = inWords(error.message);
      const page = SearchPage({ ...shown, found: null, failure });
      return sendPage(request, reply, page, error.statusCode);
    }
  });

  app.get<Asked>('/reservations', READ, async (request, reply) => {
    const { caller, query } = request;
    const wanted = wantedIn(query);
    const failure = failureOf(wanted);
    const listed = failure === null ? await listFor(caller, parts, wanted, query) : NOTHING;
    const groups = await countGroups(parts.pool, caller.accounts);
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    const shown = { frame, wanted, groups, ...listed, failure, csv: csvOf(wanted) };
    const page = ReservationsPage(shown);
    return sendPage(request, reply, page);
  });
}

/** Shortens a refused text before it is shown again. */
const shortOf = (text: string): string => text.replaceAll('\u0000', '').slice(0, 512);
/** Names the field by its label. */
const inWords = (detail: string): string =>
  detail.replace(/^q should be/, 'Type').replace(/^the/, 'The') + '.';

function wantedIn(query: Asked['Querystring']): Wanted {
  const textIn = (name: string): string => {
    const raw = query[name];
    return typeof raw === 'string' ? shortOf(raw).trim() : '';
  };
  return {
    campaignId: textIn('campaignId'),
    accountId: textIn('accountId'),
    state: textIn('state'),
    group: groupOfPage(textIn('group')) ?? '',
  };
}

/** Returns why the filter cannot be read; null if it can. Fields are named by their labels. */
function failureOf({ campaignId, accountId, state }: Wanted): string | null {
  if (campaignId !== '' && !isCampaignId(campaignId)) {
    return '“Campaign” should be the id of a campaign, such as q4-launch.';
  }
  if (accountId !== '' && !isAccountId(accountId)) {
    return '“Account” should be the id of an account, such as acme-anna.';
  }
  return state === '' || RESERVATION_STATES.some((one) => one === state)
    ? null
    : `“State” should be one of ${RESERVATION_STATES.join(', ')}.`;
}

const NOTHING: Listed = { rows: [], next: null, begun: null };

async function listFor(
  caller: Caller,
  parts: PageParts,
  wanted: Wanted,
  query: Asked['Querystring'],
): Promise<Listed> {
  const { accountId, campaignId, group } = wanted;
  const { pool } = parts;
  const all = await idsOfGroup(pool, { group: group || null, accounts: caller.accounts });
  if (accountId !== '' && !(maySee(caller, accountId) && (await isKnown(pool, accountId)))) {
    return { ...NOTHING, begun: await begunBy('accountId', accountId, parts, all) };
  }
  const { items, next } = await rowsFor(all, parts, wanted, query);
  if (items.length > 0 || campaignId === '') return { rows: items, next, begun: null };
  const accounts = accountId === '' ? all : [accountId];
  const begun = await begunBy('campaignId', campaignId, parts, accounts);
  // The campaign exists: its rows have another state.
  return begun.ids?.includes(campaignId) ? NOTHING : { ...NOTHING, begun };
}

type Read = { readonly items: Listed['rows']; readonly next: string | null };

async function rowsFor(
  all: readonly string[] | null,
  { pool }: PageParts,
  { accountId, campaignId, state }: Wanted,
  query: Asked['Querystring'],
): Promise<Read> {
  const page = { path: '/reservations', query: pagedBy(query) };
  const only = { state: state === '' ? null : state };
  if (campaignId !== '') {
    const accounts = accountId === '' ? all : [accountId];
    return readPage({
      ...page,
      place: place(Type.Integer(), Type.String(), Type.String()),
      read: (after, limit) => pageCampaign(pool, campaignId, { ...only, accounts, after, limit }),
    });
  }
  if (accountId === '') return { items: [], next: null };
  return readPage({
    ...page,
    place: place(day('Its quota day.'), Type.Integer(), Type.String()),
    read: async (after, limit) => {
      const found = await pageReservations(pool, accountId, {
        ...only,
        campaignId: null,
        after,
        limit,
      });
      return found.map((one) => ({ ...one, item: { accountId, ...one.item } }));
    },
  });
}

/** Keeps what the links of pages repeat. */
const pagedBy = (query: Asked['Querystring']): Query =>
  Object.fromEntries(
    ['campaignId', 'accountId', 'state', 'group', 'cursor'].flatMap((name) => {
      const raw = query[name];
      return typeof raw === 'string' && raw !== '' ? [[name, raw.trim()]] : [];
    }),
  );

/** Returns the address of the file with all rows of the page; null without a filter. */
function csvOf({ accountId, campaignId, state, group }: Wanted): string | null {
  if (accountId === '' && campaignId === '') return null;
  const path = accountId === '' ? '/v1/reservations' : `/v1/accounts/${accountId}/reservations`;
  const words = new URLSearchParams({ format: 'csv' });
  if (campaignId !== '') words.set('campaignId', campaignId);
  if (state !== '') words.set('state', state);
  if (group !== '' && accountId === '') words.set('group', group);
  return `${path}?${words.toString()}`;
}
