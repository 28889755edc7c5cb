/**
 * The numbers of campaigns by quota day (R22): by campaign, each with its latest day first. Slots
 * and their states come from `reservations`, denials from `campaign_denials`. Each statement steps
 * from campaign to campaign in the index and counts only the campaigns and days of its page, so
 * other campaigns cost nothing.
 */
import type { CampaignDay } from '../../domain/diagnostics/campaignDay.js';
import type { UtcDay } from '../../domain/primitives/time.js';
import type { DayRange } from '../../domain/diagnostics/dayRange.js';
import { rowsOf, type Queryable } from '../pool.js';
import { isoDay, type Placed } from './lists.js';
import { beginsWith, isSeen } from './search.js';

export type CampaignsAsked = DayRange & {
  /** Only these accounts; null: all. */
  readonly accounts: readonly string[] | null;
  /** One campaign, or the campaigns that begin with a text. */
  readonly campaign: { readonly is: string } | { readonly beginsWith: string };
};
/** `day` null: the page begins after the campaign. */
export type CampaignDayPlace = { readonly campaignId: string; readonly day: UtcDay | null };
export type CampaignDaysPage = {
  readonly after: CampaignDayPlace | null;
  /** The list ends at whichever of both comes first. */
  readonly maxRows: number;
  readonly maxCampaigns: number;
};

const TABLES = ['reservations', 'campaign_denials'] as const;
/** The rows of one campaign and day: one range of an index. */
const rowsIn = (table: (typeof TABLES)[number]): string =>
  `safeband.${table} where quota_day = day and campaign_id collate "C" = id and ${isSeen('$3')}`;
const HAS_ROWS = TABLES.map((table) => `exists (select from ${rowsIn(table)})`).join(' or ');

/** Returns the first campaign after that of `walk`: the least of the first ones of each day. */
const firstOfDays = `
  select min(first) as id from days cross join lateral (
    select least(${TABLES.map(
      (table) => `(select campaign_id collate "C" from safeband.${table}
        where quota_day = day and campaign_id collate "C" > walk.id
          and ${beginsWith('campaign_id', '$6::text')}
        order by campaign_id collate "C" limit 1)`,
    ).join(', ')}) as first) firsts`;
/** The campaigns of some accounts: the index of days would be read past all other accounts. */
const OF_ACCOUNTS = TABLES.map(
  (table) => `select campaign_id collate "C" as id from safeband.${table}
     where account_id = any($3) and campaign_id is not null
       and quota_day between safeband.day_at($1) and safeband.day_at($2)`,
).join(' union ');

function walkOf({ accounts, campaign }: CampaignsAsked): { known: string; next: string } {
  if ('is' in campaign) {
    return {
      known: '',
      next: `select id from (select $6::text collate "C" as id) named where id > walk.id`,
    };
  }
  if (accounts === null) return { known: '', next: firstOfDays };
  return {
    known: `mine as materialized (${OF_ACCOUNTS}),`,
    next: `select min(id) as id from mine where id > walk.id and ${beginsWith('id', '$6::text')}`,
  };
}

/** Lists what campaigns asked, by campaign and day. */
export function pageCampaignDays(
  db: Queryable,
  asked: CampaignsAsked,
  { after, maxRows, maxCampaigns }: CampaignDaysPage,
): Promise<readonly Placed<CampaignDay, [string, string]>[]> {
  const { from, to, accounts, campaign } = asked;
  const { known, next } = walkOf(asked);
  return rowsOf(
    db,
    `with recursive days as materialized (
       select safeband.day_at(n) as day from generate_series($1::int, $2::int) n),
     ${known}
     walk (id, its_days, rows, campaigns) as (
       select id, its_days, cardinality(its_days), 0
         from (select $4::text collate "C" as id) place cross join lateral (
           select array(select day from days where day < safeband.day_at($5) and (${HAS_ROWS}))
             as its_days) rest
       union all
       select next.id, found.its_days, walk.rows + cardinality(found.its_days), campaigns + 1
         from walk cross join lateral (${next}) next cross join lateral (
           select array(select day from days where ${HAS_ROWS}) as its_days from
             (select next.id) one) found
        where next.id is not null and walk.rows < $7 and campaigns < $8),
     page as (
       select id, day from walk cross join unnest(its_days) day order by id, day desc limit $7)
     select jsonb_build_object('place', jsonb_build_array(id, ${isoDay('day')}), 'item',
       jsonb_build_object('campaignId', id, 'quotaDay', ${isoDay('day')}, 'asked', granted + denied,
         'granted', granted, 'denied', denied, 'denials', denials, 'delivered', delivered,
         'inFlight', in_flight, 'uncertain', uncertain, 'released', released)) as row
     from page cross join lateral (
       select count(*) as granted, count(*) filter (where state = 'delivered') as delivered,
              count(*) filter (where state = 'in_flight') as in_flight,
              count(*) filter (where state = 'uncertain') as uncertain,
              count(*) filter (where state = 'released') as released
         from ${rowsIn('reservations')}) slots
     cross join lateral (
       select coalesce(sum(times), 0) as denied,
              coalesce(jsonb_object_agg(reason, times), '{}') as denials
         from (select reason, sum(count) as times from ${rowsIn('campaign_denials')}
                group by reason) reasons) refused
     order by id, day desc`,
    [
      from,
      to,
      accounts,
      after?.campaignId ?? '',
      after?.day ?? null,
      'is' in campaign ? campaign.is : campaign.beginsWith,
      maxRows,
      maxCampaigns,
    ],
  );
}
