-- The mode of an account (R23). In `shadow` the gate decides every reserve, records what it would have
-- denied, and grants it.
alter table safeband.accounts add column mode text not null default 'enforce'
  check (mode in ('enforce', 'shadow'));
alter table safeband.account_history add column mode text;

drop trigger keep_changed_settings on safeband.accounts;
create trigger keep_changed_settings
  after update of campaigns, pacing, recipient_memory_days, credits_renew_on, mode
  on safeband.accounts
  for each row when (not new.is_edited and
    (old.campaigns, old.pacing, old.recipient_memory_days, old.credits_renew_on, old.mode)
    is distinct from
    (new.campaigns, new.pacing, new.recipient_memory_days, new.credits_renew_on, new.mode))
  execute function safeband.keep_account_row();

-- The denial that an account in shadow mode did not give: {reason, limit, used, contactedBy, retryAt},
-- with `retryAt` in ms. Later rows of the same reservation keep it.
alter table safeband.reservations add column would_deny jsonb
  check (would_deny is null or (would_deny ->> 'reason' is not null
    and pg_column_size(would_deny) < 1000));
-- The report of an account: what would have been denied since some day.
create index reservations_would_deny on safeband.reservations (account_id, quota_day)
  where would_deny is not null;
