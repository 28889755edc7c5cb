-- Signed webhooks: who wants to hear of which events, what there is to tell, and what became of
-- each try. An event is written by the transaction that makes it true, so none is lost or invented;
-- a sender gives each a position afterwards, in the order in which they became visible.

create table safeband.webhook_endpoints (
  endpoint_id text primary key check (endpoint_id ~ '^whe_[0-9a-f]{32}$'),
  url text not null check (char_length(url) <= 2048),
  events text[] not null check (cardinality(events) > 0),
  -- Null: every account.
  accounts text[] check (cardinality(accounts) > 0),
  -- Newest first: [{secret, until}], until in ms, null for the one in force.
  secrets jsonb not null,
  -- The last position that is done with: delivered, or not wanted here.
  position bigint not null,
  -- Failed tries of what comes next.
  attempt int not null default 0 check (attempt >= 0),
  next_attempt_at timestamptz,
  failing_since timestamptz,
  disabled_at timestamptz,
  disabled_reason text,
  created_at timestamptz not null,
  changed_by text not null,
  recorded_at timestamptz not null default clock_timestamp()
);

create table safeband.webhook_events (
  number bigint generated always as identity primary key,
  event_id text not null unique default 'evt_' || replace(gen_random_uuid()::text, '-', ''),
  type text not null check (type in ('cooldown.started', 'cooldown.ended', 'drift.alert',
    'account.held', 'no_credits', 'reset.done', 'threshold.reached', 'ping')),
  -- Null: a ping, which belongs to one endpoint.
  account_id text check ((account_id is null) = (type = 'ping')),
  endpoint_id text check ((endpoint_id is not null) = (type = 'ping'))
    references safeband.webhook_endpoints on delete cascade,
  -- What makes it one event, however often it is noticed.
  key text not null,
  at timestamptz not null,
  data jsonb not null,
  position bigint unique,
  recorded_at timestamptz not null default clock_timestamp()
);
create unique index webhook_events_once on safeband.webhook_events
  (coalesce(account_id, endpoint_id), type, key);
create index webhook_events_new on safeband.webhook_events (number) where position is null;
create index webhook_events_pings on safeband.webhook_events (endpoint_id) where type = 'ping';
-- Never set back, also when all events have been dropped for their age.
create sequence safeband.webhook_positions;

create table safeband.webhook_deliveries (
  delivery_id bigint generated always as identity primary key,
  endpoint_id text not null references safeband.webhook_endpoints on delete cascade,
  event_id text not null,
  type text not null,
  attempt int not null,
  at timestamptz not null,
  duration_ms int not null,
  -- Null: there was no answer.
  status int,
  -- Null: it was delivered.
  error text,
  -- The beginning of what a receiver that refused said.
  answer text check (octet_length(answer) <= 4096),
  recorded_at timestamptz not null default clock_timestamp()
);
create index webhook_deliveries_endpoint on safeband.webhook_deliveries (endpoint_id, delivery_id);
create index webhook_deliveries_event on safeband.webhook_deliveries (event_id);

-- Cooldowns end by themselves, with no write: the sender looks for those that are over.
create index accounts_cooldown on safeband.accounts (cooldown_until)
  where cooldown_until is not null;

-- As the contract writes an instant.
create function safeband.iso(at timestamptz) returns text
  language sql immutable parallel safe as $$
  select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

create function safeband.tell_webhook(
  account text, type text, key text, at timestamptz, data jsonb
) returns void language sql as $$
  insert into safeband.webhook_events (account_id, type, key, at, data)
  values (account, type, key, at, data)
  on conflict do nothing
$$;

-- The newest thing that was told of an account, of these types: what a row looked like before a
-- hand has edited it.
create function safeband.told_last(account text, types text[])
  returns table (type text, data jsonb) language sql stable as $$
  select type, data from safeband.webhook_events
   where coalesce(account_id, endpoint_id) = account and type = any(types)
   order by number desc limit 1
$$;

create function safeband.tell_cooldown(was safeband.accounts, new safeband.accounts)
  returns void language plpgsql as $$
declare
  ends timestamptz := was.cooldown_until;
  cause text := was.cooldown_cause;
  told record;
begin
  if was.is_edited then
    select * into told
      from safeband.told_last(new.account_id, '{cooldown.started, cooldown.ended}');
    ends := case when told.type = 'cooldown.started' then (told.data->>'until')::timestamptz end;
    cause := told.data->>'cause';
  end if;
  if ends is not null and ends is distinct from new.cooldown_until then
    if ends <= new.updated_at then
      perform safeband.tell_webhook(new.account_id, 'cooldown.ended', safeband.iso(ends), ends,
        jsonb_build_object('cause', cause, 'until', safeband.iso(ends)));
      ends := null;
    elsif new.cooldown_until is null or new.cooldown_until <= new.updated_at then
      perform safeband.tell_webhook(new.account_id, 'cooldown.ended',
        safeband.iso(ends) || ' ' || safeband.iso(new.updated_at), new.updated_at,
        jsonb_build_object('cause', cause, 'until', safeband.iso(ends)));
      ends := null;
    end if;
  end if;
  if new.cooldown_until > new.updated_at and new.cooldown_until is distinct from ends then
    perform safeband.tell_webhook(new.account_id, 'cooldown.started',
      safeband.iso(new.cooldown_until) || ' ' || safeband.iso(new.updated_at), new.updated_at,
      jsonb_build_object('cause', new.cooldown_cause, 'until', safeband.iso(new.cooldown_until),
        'previousUntil', safeband.iso(ends)));
  end if;
end $$;

-- The effective cap (R10), as account_status_at reckons it.
create function safeband.cap_of(a safeband.accounts, earlier int) returns int
  language plpgsql immutable as $$
declare
  band int := safeband.safe_band(a.tier);
  daily int := least(coalesce(a.daily_cap, band), band);
begin
  return greatest(0, least(daily, a.ramp[a.ramp_day],
    least(coalesce(a.weekly_cap, 5 * daily), 5 * band) - earlier));
end $$;

-- A limit of the account is 80, 95 or 100 % spent: each once for a day and a cap, in this order.
create function safeband.tell_thresholds(was safeband.accounts, new safeband.accounts)
  returns void language plpgsql as $$
declare
  used int := new.inmails_sent_today + new.carried;
  used_before int := 0;
  cap int;
  cap_before int;
  earlier int;
  percent int;
begin
  if used = 0 then return; end if;
  select coalesce(sum(counter), 0) into earlier from safeband.account_days
   where account_id = new.account_id
     and quota_day between new.counter_day - 6 and new.counter_day - 1;
  if new.carried > 0 then -- it is in `used` already
    earlier := earlier - (select count(*) from safeband.reservations
      where account_id = new.account_id and carried_into = new.counter_day
        and state <> 'released'
        and quota_day between new.counter_day - 6 and new.counter_day - 1);
  end if;
  cap := safeband.cap_of(new, earlier);
  if 100 * used < 80 * cap then return; end if;
  if was.counter_day = new.counter_day and not was.is_edited then
    used_before := was.inmails_sent_today + was.carried;
    cap_before := safeband.cap_of(was, earlier);
  end if;
  foreach percent in array '{80, 95, 100}'::int[] loop
    exit when 100 * used < percent * cap;
    continue when used_before > 0 and 100 * used_before >= percent * cap_before;
    perform safeband.tell_webhook(new.account_id, 'threshold.reached',
      to_char(new.counter_day, 'YYYY-MM-DD') || '/' || cap || '/' || percent, new.updated_at,
      jsonb_build_object('quotaDay', new.counter_day, 'percent', percent, 'used', used,
        'counter', new.inmails_sent_today, 'carried', new.carried, 'cap', cap));
  end loop;
end $$;

-- What a save of an account makes true. A hand's edit is no news, for the next save takes it back:
-- what that save then finds is held against what was told last.
create function safeband.tell_changes(was safeband.accounts, new safeband.accounts, is_new boolean)
  returns void language plpgsql as $$
declare
  told text;
begin
  if new.counter_day > was.counter_day then
    perform safeband.tell_webhook(new.account_id, 'reset.done',
      to_char(new.counter_day, 'YYYY-MM-DD'),
      new.updated_at, jsonb_build_object('quotaDay', new.counter_day,
        'previousQuotaDay', was.counter_day, 'carried', new.carried, 'rampDay', new.ramp_day));
  end if;
  if was.is_edited or new.cooldown_until is distinct from was.cooldown_until then
    perform safeband.tell_cooldown(was, new);
  end if;
  if new.hold_since is not null
    and (is_new or was.is_edited or new.hold_since is distinct from was.hold_since) then
    -- What was written as the reason stays here: it may name somebody, or another account.
    perform safeband.tell_webhook(new.account_id, 'account.held', safeband.iso(new.hold_since),
      new.hold_since, jsonb_build_object(
        'by', case when new.hold_actor = 'safeband' then 'safeband' else 'operator' end,
        'reason', case when new.hold_actor = 'safeband' then
          case when new.hold_reason like 'restricted%' then 'restricted'
            else 'identity_in_use' end end));
  end if;
  if new.breaker_until > new.updated_at
    and (is_new or was.is_edited or new.breaker_until is distinct from was.breaker_until) then
    if was.is_edited then
      select data->>'until' into told from safeband.told_last(new.account_id, '{no_credits}');
    end if;
    if told is distinct from safeband.iso(new.breaker_until) then
      perform safeband.tell_webhook(new.account_id, 'no_credits',
        safeband.iso(new.breaker_until) || ' ' || safeband.iso(new.updated_at), new.updated_at,
        jsonb_build_object('until', safeband.iso(new.breaker_until)));
    end if;
  end if;
  perform safeband.tell_thresholds(was, new);
end $$;

create function safeband.tell_account() returns trigger
  language plpgsql security definer set search_path = pg_catalog as $$
begin
  if not exists (select from safeband.webhook_endpoints) then return null; end if;
  begin
    perform safeband.tell_changes(old, new, tg_op = 'INSERT');
  exception when others then
    -- Whatever is wrong here may not stop a save: the gate stands on it.
    raise warning 'safeband: an event of % was not written: %', new.account_id, sqlerrm;
  end;
  return null;
end $$;

-- At the end of the transaction: then a closed day that it has written is there as well.
create constraint trigger tell_account_new after insert on safeband.accounts
  deferrable initially deferred for each row
  when (new.inmails_sent_today + new.carried > 0 or new.cooldown_until is not null
    or new.hold_since is not null or new.breaker_until is not null)
  execute function safeband.tell_account();
create constraint trigger tell_account after update on safeband.accounts
  deferrable initially deferred for each row
  when (not new.is_edited and (old.is_edited
    or new.counter_day <> old.counter_day
    or new.inmails_sent_today + new.carried > old.inmails_sent_today + old.carried
    or new.cooldown_until is distinct from old.cooldown_until
    or new.hold_since is distinct from old.hold_since
    or new.breaker_until is distinct from old.breaker_until
    or new.tier <> old.tier or new.daily_cap is distinct from old.daily_cap
    or new.weekly_cap is distinct from old.weekly_cap or new.ramp is distinct from old.ramp))
  execute function safeband.tell_account();

create function safeband.tell_drift() returns trigger
  language plpgsql security definer set search_path = pg_catalog as $$
begin
  if not exists (select from safeband.webhook_endpoints) then return null; end if;
  perform safeband.tell_webhook(new.account_id, 'drift.alert', safeband.iso(new.raised_at),
    new.raised_at, jsonb_build_object('quotaDay', new.quota_day, 'severity', new.severity,
      'drift', new.details->'drift', 'counter', new.details->'counter',
      'healedTo', new.details->'after', 'parts', coalesce((
        select jsonb_agg(jsonb_build_object('cause', part->'cause', 'count', part->'count'))
          from jsonb_array_elements(new.details->'parts') part), '[]')));
  return null;
exception when others then
  raise warning 'safeband: an event of % was not written: %', new.account_id, sqlerrm;
  return null;
end $$;
create trigger tell_drift_new after insert on safeband.alerts for each row
  when (new.kind = 'drift' and new.resolved_at is null)
  execute function safeband.tell_drift();
-- What is only under way is told once, however many runs still find it.
create trigger tell_drift after update on safeband.alerts for each row
  when (new.kind = 'drift' and new.resolved_at is null and new.raised_at > old.raised_at
    and (old.resolved_at is not null or new.severity <> 'info' or old.severity <> 'info'))
  execute function safeband.tell_drift();
