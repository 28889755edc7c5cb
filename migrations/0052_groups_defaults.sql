-- The policy of new accounts of a group (R26): the fields that a connect over HTTP or the command
-- line leaves out. A group without a row has no defaults.
create table safeband.groups (
  group_name safeband.group_name primary key,
  -- The fields as messages have them.
  defaults jsonb not null check (jsonb_typeof(defaults) = 'object'
    and pg_column_size(defaults) < 32768),
  changed_by text not null,
  changed_at timestamptz not null default clock_timestamp()
);

alter table safeband.access_changes drop constraint access_changes_kind_check;
alter table safeband.access_changes add constraint access_changes_kind_check
  check (kind in ('login', 'key_made', 'key_revoked', 'webhook_added', 'webhook_changed',
    'webhook_removed', 'share_made', 'share_revoked', 'group_changed'));

create function safeband.note_group() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  insert into safeband.access_changes (kind, actor, target, details)
  values ('group_changed', new.changed_by, new.group_name,
    jsonb_build_object('before', case when tg_op = 'UPDATE' then old.defaults end,
      'after', new.defaults));
  return null;
end $$;
create trigger note_group after insert or update on safeband.groups
  for each row execute function safeband.note_group();
alter table safeband.groups enable always trigger note_group;
