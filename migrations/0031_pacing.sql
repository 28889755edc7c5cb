-- The pace of grants of an account (R19). Null: none. History keeps it, as the rest of the policy.
alter table safeband.accounts add column pacing jsonb check (pacing is null or (
  jsonb_typeof(pacing) = 'object'
  and (pacing->>'minGapSeconds')::int between 1 and 86400
  and (pacing->>'jitterPercent')::int between 0 and 90
  and coalesce((pacing->>'perHour')::int between 1 and 200, pacing ? 'perHour')) is true);
alter table safeband.account_history add column pacing jsonb;

create or replace function safeband.keep_account(a safeband.accounts) returns void
  language sql set search_path = pg_catalog, pg_temp as $$
  insert into safeband.account_history (account_id, version, updated_at, tier, timezone, daily_cap,
    weekly_cap, ramp, sending_window, inmails_sent_today, counter_day, ramp_day, ramp_day_next,
    highest_cap, cooled_at_counter, state, cooldowns, hold_reason, hold_actor, hold_since,
    breaker_until, in_flight, uncertain, carried, imported, external, unexplained, owner,
    owner_version, credits_renew_on, pacing)
  values (a.account_id, a.version, a.updated_at, a.tier, a.timezone, a.daily_cap,
    a.weekly_cap, a.ramp, a.sending_window, a.inmails_sent_today, a.counter_day, a.ramp_day,
    a.ramp_day_next, a.highest_cap, a.cooled_at_counter, a.state, a.cooldowns, a.hold_reason,
    a.hold_actor, a.hold_since, a.breaker_until, a.in_flight, a.uncertain, a.carried, a.imported,
    a.external, a.unexplained, a.owner, a.owner_version, a.credits_renew_on, a.pacing)
  on conflict do nothing
$$;
-- The row is kept where only the pace was changed, too.
create trigger keep_changed_pacing after update of pacing on safeband.accounts
  for each row when (not new.is_edited and old.pacing is distinct from new.pacing)
  execute function safeband.keep_account_row();
