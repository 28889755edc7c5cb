-- Keys and webhooks that are limited to groups (R26). The accounts of a group are those whose row has
-- it now, so that the rights of a key follow the rows. With `accounts` and `groups`, both count.
alter table safeband.api_keys add column groups safeband.group_name[]
  check (cardinality(groups) between 1 and 100);
alter table safeband.webhook_endpoints add column groups safeband.group_name[]
  check (cardinality(groups) between 1 and 100);

create or replace function safeband.note_key() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' or new.revoked_at is distinct from old.revoked_at then
    insert into safeband.access_changes (kind, actor, target, details)
    values (case when new.revoked_at is null then 'key_made' else 'key_revoked' end,
      safeband.access_actor(), new.key_id,
      jsonb_build_object('name', new.name, 'role', new.role, 'accounts', new.accounts)
        || case when new.groups is null then '{}' else jsonb_build_object('groups', new.groups) end);
  end if;
  return null;
end $$;

create or replace function safeband.note_webhook() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  seen safeband.webhook_endpoints := case when tg_op = 'DELETE' then old else new end;
begin
  if tg_op = 'UPDATE' and new.recorded_at is not distinct from old.recorded_at
    and (new.url, new.events, new.accounts, new.secrets, new.format, new.groups)
      is not distinct from
      (old.url, old.events, old.accounts, old.secrets, old.format, old.groups) then
    return null;
  end if;
  insert into safeband.access_changes (kind, actor, target, details)
  values (
    case tg_op when 'INSERT' then 'webhook_added' when 'DELETE' then 'webhook_removed'
      else 'webhook_changed' end,
    case when tg_op = 'DELETE' then safeband.access_actor() else seen.changed_by end,
    seen.endpoint_id,
    jsonb_build_object('events', seen.events, 'accounts', seen.accounts, 'format', seen.format,
      'hasNewSecret', tg_op = 'UPDATE' and new.secrets is distinct from old.secrets)
      || case when seen.groups is null then '{}' else jsonb_build_object('groups', seen.groups) end);
  return null;
end $$;

-- True if an endpoint gets the events of that account.
create function safeband.is_of(w safeband.webhook_endpoints, account text) returns boolean
  language sql stable as $$
  select w.accounts is null and w.groups is null
    or coalesce(account = any(w.accounts), false)
    or w.groups is not null and exists (select from safeband.accounts a
         where a.account_id = account and a.group_name = any(w.groups))
$$;
