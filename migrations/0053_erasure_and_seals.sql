-- Erasure of a person, and seals of closed months (R29).

-- The trace of each erasure: the keyed hash that stands in place of the person's id, never the id.
create table safeband.erasures (
  erasure_id bigint generated always as identity primary key,
  hash text not null check (hash ~ '^erased:[0-9a-f]{8}:[0-9a-f]{40}$'),
  erased_by text not null check (btrim(erased_by) <> ''),
  reason text not null check (btrim(reason) <> ''),
  -- How many rows of each table were changed.
  rows jsonb not null default '{}',
  erased_at timestamptz not null default clock_timestamp(),
  written_in xid8 not null default pg_current_xact_id()
);
-- The counts are written at the end of the same transaction, and nothing changes after it.
create function safeband.refuse_erasure_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and old.written_in = pg_current_xact_id()
    and to_jsonb(new) - 'rows' = to_jsonb(old) - 'rows' then
    return new;
  end if;
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete on safeband.erasures
  for each row execute function safeband.refuse_erasure_change();
alter table safeband.erasures enable always trigger append_only;
create trigger append_only_truncate before truncate on safeband.erasures
  for each statement execute function safeband.refuse_change();
alter table safeband.erasures enable always trigger append_only_truncate;

-- True in a transaction that has written its trace.
create function safeband.is_erasing() returns boolean
  language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select exists (select from safeband.erasures e where e.written_in = pg_current_xact_id())
$$;
revoke execute on function safeband.is_erasing() from public;

-- True if the two rows differ in these columns only, and each new value is a keyed hash.
create function safeband.only_erased(old jsonb, new jsonb, columns text[]) returns boolean
  language sql immutable parallel safe as $$
  select new - columns = old - columns and not exists (
    select from unnest(columns) name
     where new->name <> old->name and (new->>name !~ '^erased:[0-9a-f]{8}:[0-9a-f]{40}$'))
$$;

-- The event log accepts one change: a keyed hash in place of a chat and a message, with its trace.
create function safeband.refuse_event_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and safeband.is_erasing()
    and safeband.only_erased(to_jsonb(old), to_jsonb(new), '{chat_id,message_id}') then
    return new;
  end if;
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $$;
drop trigger append_only on safeband.inmail_events;
create trigger append_only before update or delete on safeband.inmail_events
  for each row execute function safeband.refuse_event_change();
alter table safeband.inmail_events enable always trigger append_only;

-- The reason that a person gave may name the recipient.
create or replace function safeband.refuse_action_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' and not exists (
    select from safeband.alerts a where a.alert_id = old.alert_id) then
    return old;
  end if;
  if tg_op = 'UPDATE' and safeband.is_erasing()
    and to_jsonb(new) - 'reason' = to_jsonb(old) - 'reason' then
    return new;
  end if;
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $$;

-- An erasure is no manual edit, and no second outcome of an attempt.
create or replace function safeband.tell_rewrite() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if safeband.is_erasing() and safeband.only_erased(to_jsonb(old), to_jsonb(new),
    '{recipient_id,recipient_key,chat_id,message_id}') then
    return null;
  end if;
  update safeband.accounts set is_edited = true where account_id = new.account_id;
  return null;
end $$;
create or replace function safeband.keep_outcome() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if old.outcome is not null then
    if safeband.is_erasing() and safeband.only_erased(to_jsonb(old), to_jsonb(new),
      '{chat_id,message_id}') then
      return new;
    end if;
    raise exception 'the outcome of attempt % is written already: %',
      old.reservation_id, old.outcome using errcode = 'restrict_violation';
  end if;
  new.written_in := pg_current_xact_id();
  return new;
end $$;

-- Replaces a pattern in each text of a JSON value; numbers stay numbers.
create function safeband.erased_json(value jsonb, pattern text, hash text) returns jsonb
  language plpgsql immutable parallel safe as $$
begin
  return case jsonb_typeof(value)
    when 'string' then to_jsonb(regexp_replace(value #>> '{}', pattern, hash, 'gi'))
    when 'array' then (select coalesce(jsonb_agg(safeband.erased_json(one, pattern, hash)
        order by place), '[]') from jsonb_array_elements(value) with ordinality as t (one, place))
    when 'object' then (select coalesce(jsonb_object_agg(key,
        safeband.erased_json(one, pattern, hash)), '{}') from jsonb_each(value) as t (key, one))
    else value end;
end $$;

-- A seal of a closed month: the hash of its rows and of the seal before it.
create table safeband.event_seals (
  month date primary key check (extract(day from month) = 1),
  previous text not null,
  hash text not null check (hash ~ '^[0-9a-f]{64}$'),
  rows bigint not null,
  key_id text not null,
  sealed_by text not null,
  sealed_at timestamptz not null default clock_timestamp()
);
-- The rows of a seal, by account and quota day: their ids, and 32 bytes for each.
create table safeband.event_seal_days (
  month date not null references safeband.event_seals,
  account_id safeband.account_id not null,
  quota_day date not null,
  event_ids bigint[] not null,
  digests bytea not null check (octet_length(digests) = 32 * cardinality(event_ids)),
  primary key (account_id, quota_day, month)
);
do $$
declare
  name text;
begin
  foreach name in array array['event_seals', 'event_seal_days'] loop
    execute format('create trigger append_only before update or delete on safeband.%I '
      'for each row execute function safeband.refuse_change()', name);
    execute format('alter table safeband.%I enable always trigger append_only', name);
    execute format('create trigger append_only_truncate before truncate on safeband.%I '
      'for each statement execute function safeband.refuse_change()', name);
    execute format('alter table safeband.%I enable always trigger append_only_truncate', name);
  end loop;
end $$;
