-- The daily caps of an account's campaigns (R22). Null: none. History keeps them, as the rest of the
-- policy.
alter table safeband.accounts add column campaigns jsonb check (campaigns is null or (
  jsonb_typeof(campaigns) = 'array' and jsonb_array_length(campaigns) between 1 and 25
  and not jsonb_path_exists(campaigns,
    'strict $[*] ? (!(@.campaignId.type() == "string" && @.dailyCap >= 0 && @.dailyCap <= 100000))'
  )) is true);
alter table safeband.account_history add column campaigns jsonb;

create or replace function safeband.keep_account(a safeband.accounts) returns void
  language sql set search_path = pg_catalog, pg_temp as $$
  insert into safeband.account_history (account_id, version, updated_at, tier, timezone, daily_cap,
    weekly_cap, ramp, sending_window, inmails_sent_today, counter_day, ramp_day, ramp_day_next,
    highest_cap, cooled_at_counter, state, cooldowns, hold_reason, hold_actor, hold_since,
    breaker_until, in_flight, uncertain, carried, imported, external, unexplained, owner,
    owner_version, credits_renew_on, pacing, recipient_memory_days, campaigns)
  values (a.account_id, a.version, a.updated_at, a.tier, a.timezone, a.daily_cap,
    a.weekly_cap, a.ramp, a.sending_window, a.inmails_sent_today, a.counter_day, a.ramp_day,
    a.ramp_day_next, a.highest_cap, a.cooled_at_counter, a.state, a.cooldowns, a.hold_reason,
    a.hold_actor, a.hold_since, a.breaker_until, a.in_flight, a.uncertain, a.carried, a.imported,
    a.external, a.unexplained, a.owner, a.owner_version, a.credits_renew_on, a.pacing,
    a.recipient_memory_days, a.campaigns)
  on conflict do nothing
$$;
-- The row is kept where only the caps of campaigns were changed, too.
create trigger keep_changed_campaigns after update of campaigns on safeband.accounts
  for each row when (not new.is_edited and old.campaigns is distinct from new.campaigns)
  execute function safeband.keep_account_row();

-- Reserves that were denied, by campaign and reason. A workflow counts from 0 again when its account
-- starts anew, so each owner has rows of its own, and readers add them.
create table safeband.campaign_denials (
  account_id safeband.account_id not null,
  quota_day date not null,
  campaign_id text not null check (length(campaign_id) between 1 and 128),
  reason text not null check (length(reason) between 1 and 40),
  owner text not null,
  count int not null check (count > 0),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, quota_day, campaign_id, reason, owner)
);
create index campaign_denials_day on safeband.campaign_denials
  (quota_day, campaign_id collate "C", account_id);
-- The slots of some days, by campaign.
create index reservations_campaign_day on safeband.reservations
  (quota_day, campaign_id collate "C", account_id) include (state) where campaign_id is not null;

-- The numbers of each campaign, account and quota day, for people and reports (R22).
create view safeband.campaign_days as
select account_id, campaign_id, quota_day,
       (sum(granted) + sum(denied))::int as asked, sum(granted)::int as granted,
       sum(denied)::int as denied,
       coalesce(jsonb_object_agg(reason, denied) filter (where reason is not null), '{}') as denials,
       sum(in_flight)::int as in_flight, sum(delivered)::int as delivered,
       sum(released)::int as released, sum(uncertain)::int as uncertain
  from (
    select account_id, campaign_id collate "C" as campaign_id, quota_day, 1 as granted, 0 as denied,
           null::text as reason, (state = 'in_flight')::int as in_flight,
           (state = 'delivered')::int as delivered, (state = 'released')::int as released,
           (state = 'uncertain')::int as uncertain
      from safeband.reservations where campaign_id is not null
    union all
    select account_id, campaign_id collate "C", quota_day, 0, sum(count), reason, 0, 0, 0, 0
      from safeband.campaign_denials
     group by account_id, campaign_id collate "C", quota_day, reason
  ) counted
 group by account_id, campaign_id, quota_day;
