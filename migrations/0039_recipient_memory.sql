-- For how many days a recipient is not contacted again (R20). Null: as long as ids are remembered.
-- History keeps it, as the rest of the policy.
alter table safeband.accounts add column recipient_memory_days smallint
  check (recipient_memory_days between 1 and 365);
alter table safeband.account_history add column recipient_memory_days smallint;

create or replace function safeband.keep_account(a safeband.accounts) returns void
  language sql set search_path = pg_catalog, pg_temp as $$
  insert into safeband.account_history (account_id, version, updated_at, tier, timezone, daily_cap,
    weekly_cap, ramp, sending_window, inmails_sent_today, counter_day, ramp_day, ramp_day_next,
    highest_cap, cooled_at_counter, state, cooldowns, hold_reason, hold_actor, hold_since,
    breaker_until, in_flight, uncertain, carried, imported, external, unexplained, owner,
    owner_version, credits_renew_on, pacing, recipient_memory_days)
  values (a.account_id, a.version, a.updated_at, a.tier, a.timezone, a.daily_cap,
    a.weekly_cap, a.ramp, a.sending_window, a.inmails_sent_today, a.counter_day, a.ramp_day,
    a.ramp_day_next, a.highest_cap, a.cooled_at_counter, a.state, a.cooldowns, a.hold_reason,
    a.hold_actor, a.hold_since, a.breaker_until, a.in_flight, a.uncertain, a.carried, a.imported,
    a.external, a.unexplained, a.owner, a.owner_version, a.credits_renew_on, a.pacing,
    a.recipient_memory_days)
  on conflict do nothing
$$;
-- The row is kept where only the memory was changed, too.
create trigger keep_changed_recipient_memory after update of recipient_memory_days
  on safeband.accounts for each row
  when (not new.is_edited and old.recipient_memory_days is distinct from new.recipient_memory_days)
  execute function safeband.keep_account_row();
