/** Slots and denials of campaigns in the past, and a naive count of them. */
import { parse } from 'csv-parse/sync';
import { sumOfCampaigns, type CampaignDay } from '../../src/domain/diagnostics/campaignDay.js';
import { isoDay, parseDay } from '../../src/domain/primitives/time.js';
import type { Pool } from '../../src/postgres/pool.js';

/** A slot or a denial of the past, as the tables have it. */
export type Kept = {
  account: string;
  day: string;
  campaign: string;
  state?: string;
  reason?: string;
};
const ACCOUNTS = ['past-1', 'past-2', 'past-3'];
export const CAMPAIGNS = ['Past', 'past', 'past-b', 'past_b', 'zero'];
export const STATES = ['delivered', 'in_flight', 'released', 'uncertain'];
const REASONS = ['campaign_cap', 'daily_cap', 'paced'];
export const [FROM, DAYS] = ['2026-01-05', 12];
export const dayAt = (n: number): string => isoDay((parseDay(FROM) ?? 0) + n);

/** Different numbers for each account, day and campaign; `zero` was only denied. */
export const kept: readonly Kept[] = ACCOUNTS.flatMap((account, a) =>
  Array.from({ length: DAYS }, (_, d) =>
    CAMPAIGNS.flatMap((campaign, c) => {
      const n = a * 7 + d * 5 + c * 3;
      const of = { account, day: dayAt(d), campaign };
      const slots = campaign === 'zero' ? 0 : n % 4;
      return [
        ...Array.from({ length: slots }, (__, i) => ({ ...of, state: STATES[(n + i) % 4] ?? '' })),
        ...Array.from({ length: n % 3 }, (__, i) => ({
          ...of,
          reason: REASONS[(n + i) % 3] ?? '',
        })),
      ];
    }),
  ).flat(),
);

/** Inserts the rows of `kept`. */
export async function seedCampaigns(pool: Pool): Promise<void> {
  await pool.query(
    `insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
       version, updated_at)
     select id, 'premium', '2026-01-20', 'active', 'o', 1, 1, '2026-01-20T00:00:00Z'
       from unnest($1::text[]) id`,
    [ACCOUNTS],
  );
  await pool.query(
    `insert into safeband.reservations (account_id, reservation_id, quota_day, state, campaign_id,
       reserved_at, lease_expires_at, settled_at, chat_id, number)
     select account, 'r' || n, day, state, campaign, day, day,
            case when state <> 'in_flight' then day end, 'chat' || n, n
       from rows from (jsonb_to_recordset($1::jsonb)
         as (account text, day date, campaign text, state text)) with ordinality
         as kept (account, day, campaign, state, n) where state is not null`,
    [JSON.stringify(kept)],
  );
  // Two owners of an account count apart, and the sum has both.
  await pool.query(
    `insert into safeband.campaign_denials (account_id, quota_day, campaign_id, reason, owner, count)
     select account, day, campaign, reason, 'owner-' || n % 2, count(*)
       from rows from (jsonb_to_recordset($1::jsonb)
         as (account text, day date, campaign text, reason text)) with ordinality
         as kept (account, day, campaign, reason, n) where reason is not null
      group by account, day, campaign, reason, n % 2`,
    [JSON.stringify(kept)],
  );
}

/** Counts each row on its own. */
export function counted(rows: readonly Kept[]): readonly CampaignDay[] {
  const found = new Map<string, CampaignDay>();
  for (const { day, campaign, state, reason } of rows) {
    const is = (name: string): number => (state === name ? 1 : 0);
    const one = {
      asked: 1,
      granted: state === undefined ? 0 : 1,
      denied: reason === undefined ? 0 : 1,
      denials: reason === undefined ? {} : { [reason]: 1 },
      delivered: is('delivered'),
      inFlight: is('in_flight'),
      uncertain: is('uncertain'),
      released: is('released'),
    };
    const key = `${campaign} ${day}`;
    const before = found.get(key);
    const sum = sumOfCampaigns(before === undefined ? [one] : [before, one]);
    found.set(key, { campaignId: campaign, quotaDay: day, ...sum });
  }
  const rank = ({ campaignId, quotaDay }: CampaignDay): string =>
    `${campaignId}\u0000${String(99_999 - (parseDay(quotaDay) ?? 0))}`;
  return [...found.values()].toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** Reads text of CSV as the numbers that it means. */
export const inCsv = (text: string): readonly unknown[] =>
  parse(text, {
    columns: true,
    cast: (cell, { header, column }) =>
      header || column === 'campaignId' || column === 'quotaDay' ? cell : JSON.parse(cell),
  });

/** Inserts other days and campaigns, so that a scan of a whole table costs more than an index. */
export async function seedBulk(pool: Pool): Promise<void> {
  await pool.query(
    `with many as (
         select n, 'bulk-' || lpad((n % 400)::text, 3, '0') as campaign,
                date '2026-03-01' + n / 400 as day, 'acc-' || n % 997 as account
           from generate_series(1, 24000) n),
       accounts as (
         insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
           version, updated_at)
         select distinct account, 'premium', date '2026-03-01', 'active', 'o', 1, 1, now() from many),
       slots as (
         insert into safeband.reservations (account_id, reservation_id, quota_day, state, campaign_id,
           reserved_at, lease_expires_at, settled_at, chat_id, number)
         select account, 'b' || n, day, 'delivered', campaign, day, day, day, 'b' || n, n from many)
       insert into safeband.campaign_denials (account_id, quota_day, campaign_id, reason, owner, count)
       select account, day, campaign, 'paced', 'o', 1 from many`,
  );
  await pool.query('analyze safeband.reservations, safeband.campaign_denials');
}
