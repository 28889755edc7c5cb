-- An endpoint may get each event as a message for an incoming webhook of Slack.
alter table safeband.webhook_endpoints add column format text not null default 'json'
  check (format in ('json', 'slack'));

create or replace function safeband.note_webhook() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
declare
  seen safeband.webhook_endpoints := case when tg_op = 'DELETE' then old else new end;
begin
  if tg_op = 'UPDATE' and new.recorded_at is not distinct from old.recorded_at
    and (new.url, new.events, new.accounts, new.secrets, new.format)
      is not distinct from (old.url, old.events, old.accounts, old.secrets, old.format) then
    return null;
  end if;
  insert into safeband.access_changes (kind, actor, target, details)
  values (
    case tg_op when 'INSERT' then 'webhook_added' when 'DELETE' then 'webhook_removed'
      else 'webhook_changed' end,
    case when tg_op = 'DELETE' then safeband.access_actor() else seen.changed_by end,
    seen.endpoint_id,
    jsonb_build_object('events', seen.events, 'accounts', seen.accounts, 'format', seen.format,
      'hasNewSecret', tg_op = 'UPDATE' and new.secrets is distinct from old.secrets));
  return null;
end $$;
