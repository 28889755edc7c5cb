/** Campaigns: the reservations of one, and a search with the reservations of each by state. */
import { rowsOf, type Queryable } from '../pool.js';
import {
  fromMicros,
  iso,
  ISO_RESERVATION,
  micros,
  type Placed,
  type ReservationItem,
} from './lists.js';
import { beginsWith, isSeen, type Asked } from './search.js';

export type CampaignPlace = [reserved: number, accountId: string, reservationId: string];

/** Lists the reservations of a campaign, the last reserved first. */
export const pageCampaign = (
  db: Queryable,
  campaignId: string,
  page: {
    readonly accounts: readonly string[] | null;
    readonly state: string | null;
    readonly after: CampaignPlace | null;
    readonly limit: number;
  },
): Promise<readonly Placed<ReservationItem & { readonly accountId: string }, CampaignPlace>[]> =>
  rowsOf(
    db,
    `select jsonb_build_object(
       'item', jsonb_build_object('accountId', account_id) || ${ISO_RESERVATION},
       'place', jsonb_build_array(${micros('reserved_at')}, account_id, reservation_id)) as row
     from safeband.reservations
     where campaign_id collate "C" = $1 and ($2::text[] is null or account_id = any($2))
       and ($3::text is null or state = $3)
       and ($4::bigint is null or
         (reserved_at, account_id, reservation_id) < (${fromMicros('$4')}, $5::text, $6::text))
     order by reserved_at desc, account_id desc, reservation_id desc limit $7`,
    [campaignId, page.accounts, page.state, ...(page.after ?? [null, null, null]), page.limit],
  );

/** Maximum reservations of a campaign that are counted; of other campaigns, a tenth of it. */
const COUNTED_MAX = 100_000;

export type FoundCampaign = {
  readonly campaignId: string;
  /** The latest reservations of the campaign, by state. */
  readonly states: {
    readonly delivered: number;
    readonly in_flight: number;
    readonly uncertain: number;
    readonly released: number;
  };
  readonly reservations: number;
  /** True if there are more reservations than were counted. */
  readonly isCut: boolean;
  readonly accounts: number;
  readonly firstReservedAt: string;
  readonly lastReservedAt: string;
};

/** Finds campaigns by their id, each with its reservations by state; steps from id to id. */
export const findCampaigns = (
  db: Queryable,
  text: string,
  { accounts, limit }: Asked,
): Promise<readonly FoundCampaign[]> =>
  rowsOf(
    db,
    `with recursive found (id, n, most) as (
       (select campaign_id, 1, case when campaign_id = $1 then $4::int else $4::int / 10 end
          from safeband.reservations
         where ${beginsWith('campaign_id')} and ${isSeen('$2')}
         order by campaign_id collate "C" limit 1)
       union all
       select next.id, n + 1, $4::int / 10 from found
         cross join lateral (
           select campaign_id as id from safeband.reservations
            where campaign_id collate "C" > found.id
              and campaign_id collate "C" <= $1::text || chr(1114111) and ${isSeen('$2')}
            order by campaign_id collate "C" limit 1) next
        where n < $3)
     select jsonb_build_object('campaignId', id,
       'states', jsonb_build_object('delivered', delivered, 'in_flight', in_flight,
         'uncertain', uncertain, 'released', released),
       'reservations', counted, 'isCut', counted = most and exists (
         select from safeband.reservations
          where campaign_id collate "C" = id and ${isSeen('$2')} offset most limit 1),
       'accounts', accounts, 'firstReservedAt', ${iso('first_at')},
       'lastReservedAt', ${iso('last_at')}) as row
     from found cross join lateral (
       select count(*) as counted, count(distinct account_id) as accounts,
              count(*) filter (where state = 'delivered') as delivered,
              count(*) filter (where state = 'in_flight') as in_flight,
              count(*) filter (where state = 'uncertain') as uncertain,
              count(*) filter (where state = 'released') as released,
              min(reserved_at) as first_at, max(reserved_at) as last_at
         from (select account_id, state, reserved_at from safeband.reservations
                where campaign_id collate "C" = id and ${isSeen('$2')}
                order by reserved_at desc limit most) latest) counts
     order by n`,
    [text, accounts, limit, COUNTED_MAX],
  );
