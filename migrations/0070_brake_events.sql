-- The brake is an event of webhooks (R27): when it is put on, and when it is released. It is of no
-- account: `group_name` is its group, and null means all accounts.
alter table safeband.webhook_events drop constraint webhook_events_type_check;
alter table safeband.webhook_events add constraint webhook_events_type_check
  check (type in ('cooldown.started', 'cooldown.ended', 'drift.alert', 'account.connected',
    'account.disconnected', 'account.held', 'account.resumed', 'no_credits', 'credits.restored',
    'alert.raised', 'alert.resolved', 'reset.done', 'threshold.reached', 'slot.granted',
    'slot.expired', 'brake.engaged', 'brake.released', 'ping'));
alter table safeband.webhook_events drop constraint webhook_events_check;
alter table safeband.webhook_events add constraint webhook_events_check
  check ((account_id is null) = (type in ('brake.engaged', 'brake.released', 'ping')));
-- The index of the other events needs an account or an endpoint.
create unique index webhook_events_brakes on safeband.webhook_events (type, key)
  where type in ('brake.engaged', 'brake.released');

-- True if an endpoint gets the events of the brake of that group; null: of all accounts.
create function safeband.is_of_brake(w safeband.webhook_endpoints, of_group text) returns boolean
  language sql stable as $$
  select of_group is null
    or w.accounts is null and w.groups is null
    or coalesce(of_group = any(w.groups), false)
    or exists (select from safeband.accounts a
         where a.account_id = any(w.accounts) and a.group_name = of_group)
$$;
-- True if an endpoint gets that event, should it ask for its type.
create function safeband.is_for(w safeband.webhook_endpoints, e safeband.webhook_events)
  returns boolean language sql stable as $$
  select case when e.type in ('brake.engaged', 'brake.released')
    then safeband.is_of_brake(w, e.group_name) else safeband.is_of(w, e.account_id) end
$$;

-- Every key may read who used the brake and why, so the event has both.
create function safeband.tell_brake() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  is_on boolean := new.released_at is null;
begin
  if not exists (select from safeband.webhook_endpoints) then return null; end if;
  insert into safeband.webhook_events (group_name, type, key, at, data)
  values (new.group_name, case when is_on then 'brake.engaged' else 'brake.released' end,
    new.brake_id, coalesce(new.released_at, new.engaged_at), jsonb_build_object(
      'brakeId', new.brake_id,
      'scope', case when new.group_name is null then 'all' else 'group' end,
      'since', safeband.iso(new.engaged_at),
      'actor', coalesce(new.released_by, new.engaged_by),
      'reason', coalesce(new.released_reason, new.engaged_reason)))
  on conflict do nothing;
  return null;
exception when others then
  -- The trace of the brake is written in any case.
  raise warning 'safeband: an event of the brake % was not written: %', new.brake_id, sqlerrm;
  return null;
end $$;
create trigger tell_brake_on after insert on safeband.brakes for each row
  when (new.released_at is null) execute function safeband.tell_brake();
create trigger tell_brake_off after update on safeband.brakes for each row
  when (old.released_at is null and new.released_at is not null)
  execute function safeband.tell_brake();
