-- History keeps each column of an account that it has by the same name, so that a new column is
-- added to both tables and named nowhere else.
create or replace function safeband.keep_account(a safeband.accounts) returns void
  language sql set search_path = pg_catalog, pg_temp as $$
  insert into safeband.account_history
  select kept.*
    from jsonb_populate_record(null::safeband.account_history,
           to_jsonb(a) || jsonb_build_object('recorded_at', clock_timestamp())) kept
  on conflict do nothing
$$;

-- One trigger for all settings. `row` compares nulls as `is distinct from` does.
drop trigger keep_changed_campaigns on safeband.accounts;
drop trigger keep_changed_pacing on safeband.accounts;
drop trigger keep_changed_recipient_memory on safeband.accounts;
drop trigger keep_changed_renewal on safeband.accounts;
create trigger keep_changed_settings
  after update of campaigns, pacing, recipient_memory_days, credits_renew_on on safeband.accounts
  for each row when (not new.is_edited and
    (old.campaigns, old.pacing, old.recipient_memory_days, old.credits_renew_on)
    is distinct from
    (new.campaigns, new.pacing, new.recipient_memory_days, new.credits_renew_on))
  execute function safeband.keep_account_row();
