-- The group of an account (R26): a label of accounts that belong together. Null: none. `group` is a
-- reserved word of SQL.
create domain safeband.group_name as text
  check (value ~ '^[a-z0-9][a-z0-9_.-]{0,63}$' and value not in ('none', 'other'));
alter table safeband.accounts add column group_name safeband.group_name;
alter table safeband.account_history add column group_name safeband.group_name;
-- The accounts of a group, by id.
create index accounts_group on safeband.accounts (group_name, account_id)
  where group_name is not null;

drop trigger keep_changed_settings on safeband.accounts;
create trigger keep_changed_settings
  after update of campaigns, pacing, recipient_memory_days, credits_renew_on, mode, velocity,
    group_name
  on safeband.accounts
  for each row when (not new.is_edited and
    (old.campaigns, old.pacing, old.recipient_memory_days, old.credits_renew_on, old.mode,
      old.velocity, old.group_name)
    is distinct from
    (new.campaigns, new.pacing, new.recipient_memory_days, new.credits_renew_on, new.mode,
      new.velocity, new.group_name))
  execute function safeband.keep_account_row();
