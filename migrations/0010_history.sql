-- "What did the gate see at 14:03:07?" The rows keep what is so now; these two tables keep what the
-- rows lose. Business times in them are the workflow's, as everywhere (R16). Triggers write them,
-- with the rights of the tables' owner, so that whoever saves an account needs none here. What they
-- cannot write is a warning: history may have a gap, an account's save may not fail for it.

-- An account's row as it was from a save on, whenever more than its counts had changed: about one a
-- day. Counts follow from reservations and event log; who changed what, from account_changes.
create table safeband.account_history (
  account_id safeband.account_id not null,
  version bigint not null,
  updated_at timestamptz not null,
  tier safeband.tier not null,
  timezone text not null,
  daily_cap int,
  weekly_cap int,
  ramp int[],
  sending_window jsonb,
  inmails_sent_today int not null,
  counter_day date not null,
  ramp_day int not null,
  ramp_day_next int not null,
  highest_cap int not null,
  cooled_at_counter int not null,
  state text not null,
  cooldowns jsonb not null,
  hold_reason text,
  hold_actor text,
  hold_since timestamptz,
  breaker_until timestamptz,
  in_flight int not null,
  uncertain int not null,
  carried int not null,
  imported int not null,
  external int not null,
  unexplained int not null,
  owner text not null,
  owner_version bigint not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, version)
);
create index account_history_at on safeband.account_history (account_id, updated_at);
create index account_history_old on safeband.account_history (updated_at);

create function safeband.keep_account(a safeband.accounts) returns void
  language sql set search_path = '' as $$
  insert into safeband.account_history (account_id, version, updated_at, tier, timezone, daily_cap,
    weekly_cap, ramp, sending_window, inmails_sent_today, counter_day, ramp_day, ramp_day_next,
    highest_cap, cooled_at_counter, state, cooldowns, hold_reason, hold_actor, hold_since,
    breaker_until, in_flight, uncertain, carried, imported, external, unexplained, owner,
    owner_version)
  values (a.account_id, a.version, a.updated_at, a.tier, a.timezone, a.daily_cap,
    a.weekly_cap, a.ramp, a.sending_window, a.inmails_sent_today, a.counter_day, a.ramp_day,
    a.ramp_day_next, a.highest_cap, a.cooled_at_counter, a.state, a.cooldowns, a.hold_reason,
    a.hold_actor, a.hold_since, a.breaker_until, a.in_flight, a.uncertain, a.carried, a.imported,
    a.external, a.unexplained, a.owner, a.owner_version)
  on conflict do nothing
$$;
create function safeband.keep_account_row() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  begin
    perform safeband.keep_account(new);
  exception when others then
    raise warning 'safeband: history of % was not kept: %', new.account_id, sqlerrm;
  end;
  return null;
end $$;
create trigger keep_first after insert on safeband.accounts
  for each row execute function safeband.keep_account_row();
-- A hand's edit is no save: the gate never saw it (R14).
create trigger keep_changed after update on safeband.accounts
  for each row when (not new.is_edited and
    row (old.tier, old.timezone, old.daily_cap, old.weekly_cap, old.ramp, old.sending_window,
      old.counter_day, old.ramp_day, old.ramp_day_next, old.highest_cap, old.cooled_at_counter,
      old.state, old.cooldowns, old.hold_since, old.breaker_until, old.imported, old.external,
      old.unexplained, old.owner)
    is distinct from
    row (new.tier, new.timezone, new.daily_cap, new.weekly_cap, new.ramp, new.sending_window,
      new.counter_day, new.ramp_day, new.ramp_day_next, new.highest_cap, new.cooled_at_counter,
      new.state, new.cooldowns, new.hold_since, new.breaker_until, new.imported, new.external,
      new.unexplained, new.owner))
  execute function safeband.keep_account_row();
select safeband.keep_account(a) from safeband.accounts a;

-- When the account's save first told the state that the row has: the end of the seconds in which a
-- delivery became known, whose own time is the caller's.
alter table safeband.reservations add column saved_at timestamptz;

-- A reservation's row that said more than "in flight" and is overwritten: one that was uncertain or
-- given back, and one whose id was used again. A few in a hundred sends.
create table safeband.reservation_history (
  account_id safeband.account_id not null,
  reservation_id safeband.reservation_id not null,
  number bigint not null,
  quota_day date not null,
  state text not null,
  reserved_at timestamptz not null,
  lease_expires_at timestamptz not null,
  settled_at timestamptz,
  reason text,
  journaled boolean not null,
  chat_id text,
  message_id text,
  is_adopted boolean not null,
  carried_into date,
  saved_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, reservation_id, number)
);
create index reservation_history_day on safeband.reservation_history (account_id, quota_day);

create function safeband.keep_reservation_row() returns trigger
  language plpgsql security definer set search_path = '' as $$
begin
  insert into safeband.reservation_history (account_id, reservation_id, number, quota_day, state,
    reserved_at, lease_expires_at, settled_at, reason, journaled, chat_id, message_id, is_adopted,
    carried_into, saved_at)
  values (old.account_id, old.reservation_id, old.number, old.quota_day, old.state,
    old.reserved_at, old.lease_expires_at, old.settled_at, old.reason, old.journaled, old.chat_id,
    old.message_id, old.is_adopted, old.carried_into, old.saved_at)
  on conflict do nothing;
  return null;
exception when others then
  raise warning 'safeband: history of % was not kept: %', old.account_id, sqlerrm;
  return null;
end $$;
create trigger keep_overwritten after update on safeband.reservations
  for each row when (old.number < new.number and (old.quota_day <> new.quota_day
    or old.state in ('uncertain', 'released') and old.state <> new.state))
  execute function safeband.keep_reservation_row();

-- Forgets what is older than that many days, save each account's last row before: 90 unless told.
-- Returns how many rows went. The audit of the fleet asks for it once a day.
create function safeband.prune_history(at timestamptz, days int default 90) returns bigint
  language sql security definer set search_path = '' as $$
  with old_accounts as (
    delete from safeband.account_history h
     where h.updated_at < at - greatest(days, 30) * interval '1 day'
       and exists (select from safeband.account_history newer
         where newer.account_id = h.account_id and newer.version > h.version
           and newer.updated_at < at - greatest(days, 30) * interval '1 day')
    returning 1
  ), old_reservations as (
    delete from safeband.reservation_history r
     where r.quota_day < safeband.utc_day(at) - greatest(days, 30)
    returning 1
  )
  select (select count(*) from old_accounts) + (select count(*) from old_reservations)
$$;
revoke execute on function safeband.prune_history(timestamptz, int) from public;
