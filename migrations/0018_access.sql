-- Who was let in, and who changed who may come in or what leaves: one row for each, for ever.

create table safeband.access_changes (
  change_id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  kind text not null check (kind in ('login', 'key_made', 'key_revoked', 'webhook_added',
    'webhook_changed', 'webhook_removed')),
  -- The name of a key, cli:<user>, or the login of Postgres that wrote past both.
  actor text not null,
  -- The id of the key or of the endpoint; never a secret.
  target text not null,
  details jsonb not null default '{}'
);

create trigger append_only before update or delete on safeband.access_changes
  for each row execute function safeband.refuse_change();
create trigger append_only_truncate before truncate on safeband.access_changes
  for each statement execute function safeband.refuse_change();
alter table safeband.access_changes enable always trigger append_only;
alter table safeband.access_changes enable always trigger append_only_truncate;

-- Whoever changes a row says who asked for it; a statement typed by hand has the login's name.
create function safeband.access_actor() returns text language sql stable
  set search_path = safeband, pg_temp as $$
  select coalesce(nullif(current_setting('safeband.actor', true), ''), 'postgres:' || session_user)
$$;

create function safeband.note_key() returns trigger language plpgsql
  set search_path = safeband, pg_temp as $$
begin
  if tg_op = 'INSERT' or new.revoked_at is distinct from old.revoked_at then
    insert into safeband.access_changes (kind, actor, target, details)
    values (case when new.revoked_at is null then 'key_made' else 'key_revoked' end,
      safeband.access_actor(), new.key_id,
      jsonb_build_object('name', new.name, 'role', new.role, 'accounts', new.accounts));
  end if;
  return null;
end $$;
create trigger note_key after insert or update of revoked_at on safeband.api_keys
  for each row execute function safeband.note_key();
alter table safeband.api_keys enable always trigger note_key;

create function safeband.note_login() returns trigger language plpgsql
  set search_path = safeband, pg_temp as $$
begin
  insert into safeband.access_changes (kind, actor, target)
  select 'login', k.name, k.key_id from safeband.api_keys k where k.key_id = new.key_id;
  return null;
end $$;
create trigger note_login after insert on safeband.sessions
  for each row execute function safeband.note_login();
alter table safeband.sessions enable always trigger note_login;

-- The sender's own bookkeeping leaves recorded_at as it is, and is no change of access.
create function safeband.note_webhook() returns trigger language plpgsql
  set search_path = safeband, pg_temp as $$
declare
  seen safeband.webhook_endpoints := case when tg_op = 'DELETE' then old else new end;
begin
  if tg_op = 'UPDATE' and new.recorded_at is not distinct from old.recorded_at
    and (new.url, new.events, new.accounts, new.secrets)
      is not distinct from (old.url, old.events, old.accounts, old.secrets) then
    return null;
  end if;
  insert into safeband.access_changes (kind, actor, target, details)
  values (
    case tg_op when 'INSERT' then 'webhook_added' when 'DELETE' then 'webhook_removed'
      else 'webhook_changed' end,
    case when tg_op = 'DELETE' then safeband.access_actor() else seen.changed_by end,
    seen.endpoint_id,
    jsonb_build_object('events', seen.events, 'accounts', seen.accounts,
      'hasNewSecret', tg_op = 'UPDATE' and new.secrets is distinct from old.secrets));
  return null;
end $$;
create trigger note_webhook after insert or update or delete on safeband.webhook_endpoints
  for each row execute function safeband.note_webhook();
alter table safeband.webhook_endpoints enable always trigger note_webhook;
