/** The page of campaigns: a list, one campaign, or the campaigns of one account. */
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { CampaignDay } from '../../../domain/diagnostics/campaignDay.js';
import { isAccountId, isCampaignId } from '../../../domain/primitives/ids.js';
import { dayOf } from '../../../domain/primitives/time.js';
import {
  dayRange,
  STATISTIC_DAYS_MAX,
  type DayRange,
} from '../../../domain/diagnostics/dayRange.js';
import { pageCampaignDays } from '../../../postgres/read/campaignDays.js';
import { isKnown } from '../../../postgres/read/lists.js';
import { countGroups, idsOfGroup } from '../../../postgres/groups/members.js';
import { groupOfPage } from '../../plumbing/groupFilter.js';
import { maySee, type Caller } from '../../access/caller.js';
import { readPage, type Placed, type Query } from '../../plumbing/paging.js';
import { begunBy, type Begun } from '../search/begun.js';
import { frameOf, sendPage } from '../ui/send.js';
import type { PageParts } from '../context.js';
import { CampaignsPage, type CampaignOfPage, type Wanted } from './campaignsPage.js';

type Asked = { readonly Querystring: { readonly [name: string]: unknown } };
const FILTERS = ['campaignId', 'prefix', 'accountId', 'group', 'from', 'to'] as const;

export function addCampaignPage(app: FastifyInstance, parts: PageParts): void {
  const { assets, now } = parts;
  app.get<Asked>('/campaigns', { config: { needs: 'read' } }, async (request, reply) => {
    const wanted = wantedIn(request.query);
    const read = filterOf(wanted, dayOf(now()));
    const listed =
      'failure' in read
        ? { ...NOTHING, ...read, days: null }
        : await listFor(request.caller, parts, { wanted, days: read }, request.query);
    const groups = await countGroups(parts.pool, request.caller.accounts);
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    return sendPage(request, reply, CampaignsPage({ frame, wanted, groups, ...listed }));
  });
}

function wantedIn(query: Asked['Querystring']): Wanted {
  const textIn = (name: (typeof FILTERS)[number]): string => {
    const raw = query[name];
    return typeof raw === 'string' ? raw.replaceAll('\u0000', '').slice(0, 128).trim() : '';
  };
  const campaignId = textIn('campaignId');
  return {
    campaignId,
    prefix: campaignId === '' ? textIn('prefix') : '',
    accountId: textIn('accountId'),
    group: groupOfPage(textIn('group')) ?? '',
    from: textIn('from'),
    to: textIn('to'),
  };
}

/** Returns the days of the filter, or why it cannot be read. Fields are named by their labels. */
function filterOf(wanted: Wanted, today: number): DayRange | { readonly failure: string } {
  const { campaignId, accountId } = wanted;
  if (campaignId !== '' && !isCampaignId(campaignId)) {
    return { failure: '“Campaign” should be the id of a campaign, such as q4-launch.' };
  }
  if (accountId !== '' && !isAccountId(accountId)) {
    return { failure: '“Account” should be the id of an account, such as acme-anna.' };
  }
  const days = dayRange(wanted, today);
  if (!('refused' in days)) return days;
  const label = days.field === 'from' ? '“From”' : '“To”';
  return { failure: `${days.message.replace(days.field, label)}.` };
}

type Listed = {
  readonly days: DayRange | null;
  readonly campaigns: readonly CampaignOfPage[];
  readonly next: string | null;
  readonly begun: Begun | null;
  readonly failure: string | null;
};
const NOTHING = { campaigns: [], next: null, begun: null } as const;

async function listFor(
  caller: Caller,
  parts: PageParts,
  { wanted, days }: { readonly wanted: Wanted; readonly days: DayRange },
  query: Asked['Querystring'],
): Promise<Listed> {
  const { pool } = parts;
  const { accountId, campaignId, prefix } = wanted;
  if (accountId !== '' && !(maySee(caller, accountId) && (await isKnown(pool, accountId)))) {
    const begun = await begunBy('accountId', accountId, parts, caller.accounts);
    return { ...NOTHING, days, begun, failure: null };
  }
  const only = { group: wanted.group || null, accounts: caller.accounts };
  const asked = {
    ...days,
    accounts: accountId === '' ? await idsOfGroup(pool, only) : [accountId],
    campaign: campaignId === '' ? { beginsWith: prefix } : { is: campaignId },
  };
  const { items, next } = await readPage({
    path: '/campaigns',
    query: pagedBy(query),
    place: Type.String(),
    read: async (after, limit) =>
      byCampaign(
        await pageCampaignDays(pool, asked, {
          after: after === null ? null : { campaignId: after, day: null },
          maxRows: limit * STATISTIC_DAYS_MAX,
          maxCampaigns: limit,
        }),
      ),
  });
  return { days, campaigns: items, next, begun: null, failure: null };
}

/** Returns one item per campaign; the rows are in the order of campaigns. */
function byCampaign(
  rows: Awaited<ReturnType<typeof pageCampaignDays>>,
): readonly Placed<string, CampaignOfPage>[] {
  const found = new Map<string, CampaignDay[]>();
  for (const { item } of rows) {
    found.set(item.campaignId, [...(found.get(item.campaignId) ?? []), item]);
  }
  return [...found].map(([campaignId, days]) => ({
    item: { campaignId, days },
    place: campaignId,
  }));
}

/** Keeps what the links of pages repeat. */
const pagedBy = (query: Asked['Querystring']): Query =>
  Object.fromEntries(
    [...FILTERS, 'cursor'].flatMap((name) => {
      const raw = query[name];
      return typeof raw === 'string' && raw !== '' ? [[name, raw.trim()]] : [];
    }),
  );
