/** What campaigns asked and sent: by Postgres, or by the HTTP API with a key. */
import type { CampaignDay } from '../../domain/diagnostics/campaignDay.js';
import { isoDay, parseDay } from '../../domain/primitives/time.js';
import type { DayRange } from '../../domain/diagnostics/dayRange.js';
import { idsOfGroup } from '../../postgres/groups/members.js';
import type { Pool } from '../../postgres/pool.js';
import { pageCampaignDays, type CampaignDayPlace } from '../../postgres/read/campaignDays.js';
import { pages, picked } from './answers.js';
import type { Http } from './http.js';

export type CampaignDaysAsked = DayRange & {
  /** Null: every campaign. */
  readonly campaignId: string | null;
  /** Null: every account. */
  readonly accountId: string | null;
  /** `none`: accounts without a group. Null: all accounts (R26). */
  readonly group: string | null;
  /** Infinity: all that match. */
  readonly limit: number;
};
export type CampaignDays = { readonly items: readonly CampaignDay[]; readonly isCut: boolean };
export type Campaigns = (asked: CampaignDaysAsked) => Promise<CampaignDays>;

export const CAMPAIGN_DAY = [
  ...(['campaignId', 'quotaDay', 'asked', 'granted', 'denied', 'denials'] as const),
  ...(['delivered', 'inFlight', 'uncertain', 'released'] as const),
];
/** Rows that are read together from Postgres. */
const ROWS_AT_ONCE = 1_000;

/** Returns the reader of this database. */
export const directCampaigns =
  (pool: () => Pool, known: (accountId: string) => Promise<void>): Campaigns =>
  async ({ from, to, campaignId, accountId, group, limit }) => {
    if (accountId !== null) await known(accountId);
    const asked = {
      from,
      to,
      accounts: await idsOfGroup(pool(), {
        group,
        accounts: accountId === null ? null : [accountId],
      }),
      campaign: campaignId === null ? { beginsWith: '' } : { is: campaignId },
    };
    const items: CampaignDay[] = [];
    let after: CampaignDayPlace | null = null;
    for (;;) {
      const maxRows = Math.min(ROWS_AT_ONCE, limit + 1 - items.length);
      const page = { after, maxRows, maxCampaigns: maxRows };
      const found = await pageCampaignDays(pool(), asked, page);
      items.push(...found.map(({ item }) => item));
      const last = found.at(-1)?.place;
      if (items.length > limit || found.length < maxRows || !last) {
        return { items: items.slice(0, limit), isCut: items.length > limit };
      }
      after = { campaignId: last[0], day: parseDay(last[1]) ?? null };
    }
  };

/** Returns the reader with a key: only the accounts that the key may see. */
export const byKeyCampaigns =
  (http: Http, knowing: <T>(accountId: string, work: Promise<T>) => Promise<T>): Campaigns =>
  async ({ from, to, campaignId, accountId, group, limit }) => {
    const query = { campaignId, accountId, group, from: isoDay(from), to: isoDay(to) };
    const asked = { path: '/v1/campaigns', query, limit, after: null, has: CAMPAIGN_DAY };
    const { items, hasMore } = await knowing(accountId ?? '', pages<CampaignDay>(http, asked));
    return { items: items.map((one) => picked(one, CAMPAIGN_DAY)), isCut: hasMore };
  };
