-- The group of the account when the event was written (R26): a receiver routes events by it. It is
-- stored, because each try of an event sends the same bytes, also if the group has changed since.
-- Null: the account had no group, or the event is of an earlier version.
alter table safeband.webhook_events add column group_name text;

create or replace function safeband.tell_webhook(
  account text, type text, key text, at timestamptz, data jsonb
) returns void language sql as $$
  insert into safeband.webhook_events (account_id, group_name, type, key, at, data)
  values (account,
    (select a.group_name from safeband.accounts a where a.account_id = tell_webhook.account),
    type, key, at, data)
  on conflict do nothing
$$;
