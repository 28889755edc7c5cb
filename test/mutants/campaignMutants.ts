/** The numbers of campaigns (R22): their check on a real database, and the mutants that fail it. */
import { expect } from 'vitest';
import { dayOf } from '../../src/domain/primitives/time.js';
import { at } from '../support/scenario.js';
import type { DatabaseCheck } from './desk.js';
import type { Mutant } from './mutant.js';

/** Three slots of the desk's account and one of another, and denials that two owners counted. */
const ROWS = `
  with accounts as (
    insert into safeband.accounts (account_id, tier, counter_day, state, owner, owner_version,
      version, updated_at)
    select id, 'premium', day, 'active', 'o', 1, 1, now()
      from unnest($1::text[]) id, safeband.day_at($2) day
    returning account_id as id, counter_day as day),
  slots as (
    insert into safeband.reservations (account_id, reservation_id, quota_day, state, campaign_id,
      reserved_at, lease_expires_at, settled_at, number)
    select id, 'r' || n, day - n / 2, 'released', $3, now(), now(), now(), n
      from accounts, generate_series(0, 2) n where n = 0 or id = $1[1])
  insert into safeband.campaign_denials (account_id, quota_day, campaign_id, reason, owner, count)
  select id, day, $3, 'paced', owner, 2 from accounts, unnest(array['o', 'p']) owner
   where id = $1[1]`;

const numbers: DatabaseCheck = async ({ pool, accountId, build }) => {
  const [today, campaign, other] = [dayOf(at('09:00')), `of-${accountId}`, `${accountId}-other`];
  await pool.query(ROWS, [[accountId, other], today, campaign]);
  const read = async (accounts: readonly string[] | null) => {
    const asked = { from: today - 3, to: today, campaign: { beginsWith: campaign }, accounts };
    const page = { after: null, maxRows: 9, maxCampaigns: 9 };
    const found = await build.pageCampaignDays(pool, asked, page);
    return found.map(({ item: { granted, denied, asked: all } }) => [granted, denied, all]);
  };
  expect(await read([accountId])).toEqual([
    [2, 4, 6],
    [1, 0, 1],
  ]);
  expect(await read([other])).toEqual([[1, 0, 1]]);
  expect(await read(null)).toEqual([
    [3, 4, 7],
    [1, 0, 1],
  ]);
};

export const CAMPAIGN_CHECKS = {
  'the numbers of a campaign are those of its rows, for each reader': numbers,
} satisfies Readonly<Record<string, DatabaseCheck>>;
export type CampaignCheckName = keyof typeof CAMPAIGN_CHECKS;

const READ = 'src/postgres/read/campaignDays.ts';
export const CAMPAIGN_MUTANTS: readonly Mutant<CampaignCheckName>[] = [
  {
    rule: 'R22',
    what: 'a key sees the numbers of campaigns in accounts of others',
    file: READ,
    old: 'where account_id = any($8::text[])',
    mutated: 'where $8::text[] is not null',
    by: 'the numbers of a campaign are those of its rows, for each reader',
  },
  {
    rule: 'R22',
    what: 'the denials that an earlier owner counted are left out',
    file: READ,
    old: 'select reason, sum(count) as times',
    mutated: 'select reason, max(count) as times',
    by: 'the numbers of a campaign are those of its rows, for each reader',
  },
];
