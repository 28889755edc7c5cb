/**
 * The numbers of campaigns by quota day (R22): by campaign, each with its latest day first. Slots
 * and their states come from `reservations`, denials from `campaign_denials`. For all accounts, the
 * statement steps from campaign to campaign in the index of days and counts only the campaigns and
 * days of its page. For some accounts it counts their rows, because that index would be read past
 * the rows of all others.
 */
import type { CampaignDay } from '../../domain/diagnostics/campaignDay.js';
import type { UtcDay } from '../../domain/primitives/time.js';
import type { DayRange } from '../../domain/diagnostics/dayRange.js';
import { rowsOf, type Queryable } from '../pool.js';
import { isoDay, type Placed } from './lists.js';
import { beginsWith } from './search.js';

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
const COUNTS = `count(*) as granted, count(*) filter (where state = 'delivered') as delivered,
    count(*) filter (where state = 'in_flight') as in_flight,
    count(*) filter (where state = 'uncertain') as uncertain,
    count(*) filter (where state = 'released') as released`;
const DENIALS = `coalesce(sum(times), 0) as denied,
    coalesce(jsonb_object_agg(reason, times), '{}') as denials`;
const ROW = `jsonb_build_object('place', jsonb_build_array(id, ${isoDay('day')}), 'item',
    jsonb_build_object('campaignId', id, 'quotaDay', ${isoDay('day')}, 'asked', granted + denied,
      'granted', granted, 'denied', denied, 'denials', denials, 'delivered', delivered,
      'inFlight', in_flight, 'uncertain', uncertain, 'released', released)) as row`;

/** The rows of one campaign and day: one range of an index. */
const rowsIn = (table: (typeof TABLES)[number]): string =>
  `safeband.${table} where quota_day = day and campaign_id collate "C" = id`;
const HAS_ROWS = TABLES.map((table) => `exists (select from ${rowsIn(table)})`).join(' or ');
/** The first campaign after that of `walk`: the least of the first ones of each day. */
const FIRST_OF_DAYS = `
  select min(first) as id from days cross join lateral (
    select least(${TABLES.map(
      (table) => `(select campaign_id collate "C" from safeband.${table}
        where quota_day = day and campaign_id collate "C" > walk.id
          and ${beginsWith('campaign_id', '$3::text')}
        order by campaign_id collate "C" limit 1)`,
    ).join(', ')}) as first) firsts`;
const ONE = 'select id from (select $3::text collate "C" as id) named where id > walk.id';

/** Counts in the index, campaign by campaign. `next`: the campaign after that of `walk`. */
const ofAll = (next: string): string => `
  with recursive days as materialized (
    select safeband.day_at(n) as day from generate_series($1::int, $2::int) n),
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
     where next.id is not null and walk.rows < $6 and campaigns < $7),
  page as (
    select id, day from walk cross join unnest(its_days) day order by id, day desc limit $6)
  select ${ROW} from page
    cross join lateral (select ${COUNTS} from ${rowsIn('reservations')}) slots
    cross join lateral (
      select ${DENIALS} from (
        select reason, sum(count) as times from ${rowsIn('campaign_denials')}
         group by reason) reasons) refused
  order by id, day desc`;

/** Counts the rows of the accounts in `$8`. `filter`: the campaigns that are asked for. */
function ofAccounts(filter: string): string {
  const rows = (table: (typeof TABLES)[number]): string => `
    (select *, campaign_id collate "C" as id, quota_day as day from safeband.${table}
      where account_id = any($8::text[])
        and quota_day between safeband.day_at($1) and safeband.day_at($2)
        and campaign_id is not null and ${filter}
        and (campaign_id collate "C" > $4 or
          campaign_id collate "C" = $4 and quota_day < safeband.day_at($5))) asked`;
  return `
  with slots as (select id, day, ${COUNTS} from ${rows('reservations')} group by id, day),
  refused as (
    select id, day, ${DENIALS} from (
      select id, day, reason, sum(count) as times from ${rows('campaign_denials')}
       group by id, day, reason) reasons group by id, day),
  counted as (
    select id, day, dense_rank() over (order by id) as campaigns, coalesce(granted, 0) as granted,
           coalesce(denied, 0) as denied, coalesce(denials, '{}') as denials,
           coalesce(delivered, 0) as delivered, coalesce(in_flight, 0) as in_flight,
           coalesce(uncertain, 0) as uncertain, coalesce(released, 0) as released
      from slots full join refused using (id, day))
  select ${ROW} from counted where campaigns <= $7 order by id, day desc limit $6`;
}

/** Lists what campaigns asked, by campaign and day. */
export function pageCampaignDays(
  db: Queryable,
  { from, to, accounts, campaign }: CampaignsAsked,
  { after, maxRows, maxCampaigns }: CampaignDaysPage,
): Promise<readonly Placed<CampaignDay, [string, string]>[]> {
  const isOne = 'is' in campaign;
  const text = isOne ? campaign.is : campaign.beginsWith;
  const place = [after?.campaignId ?? '', after?.day ?? null];
  const values = [from, to, text, ...place, maxRows, maxCampaigns];
  if (accounts === null) return rowsOf(db, ofAll(isOne ? ONE : FIRST_OF_DAYS), values);
  const filter = isOne ? 'campaign_id collate "C" = $3' : beginsWith('campaign_id', '$3::text');
  return rowsOf(db, ofAccounts(filter), [...values, accounts]);
}
