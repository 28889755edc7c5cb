-- One ask for a group of accounts (R31). The rows keep which account an ask has come to, and which
-- account of the group works with a recipient. No lock is held while an account is asked: a grant is
-- given to a caller only after `confirm_in_group` has written it here.

-- Where an ask of a group is. `asking`: that account was asked last, and no grant was given to a
-- caller. `granted`: the grant of that account was. `given_back`: the id is used up without a grant.
create table safeband.group_reserves (
  group_name safeband.group_name not null,
  reservation_id safeband.reservation_id not null,
  account_id safeband.account_id not null,
  state text not null default 'asking' check (state in ('asking', 'granted', 'given_back')),
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (group_name, reservation_id)
);
create index group_reserves_recorded on safeband.group_reserves (recorded_at);

-- The account of a recipient, and the ask that is being decided for them. `recipient_key` as in
-- `reservations`, or its digest if it is long.
create table safeband.group_recipients (
  group_name safeband.group_name not null,
  recipient_key text not null check (octet_length(recipient_key) <= 1024),
  -- The last grant of the group for this recipient; null: there was none.
  account_id safeband.account_id,
  reservation_id safeband.reservation_id,
  granted_at timestamptz,
  -- The ask that is being decided. After `held_until` another ask may take its place.
  held_by safeband.reservation_id,
  held_until timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (group_name, recipient_key),
  constraint group_recipients_account check ((account_id is null) = (reservation_id is null)
    and (account_id is null) = (granted_at is null)),
  constraint group_recipients_held check ((held_by is null) = (held_until is null)),
  constraint group_recipients_used check (account_id is not null or held_by is not null)
);
create index group_recipients_recorded on safeband.group_recipients (recorded_at);

-- Writes the grant of an account, and returns the state of the id with the account that has it. The
-- first grant that is written is the one that a caller gets. An ask that no longer holds its
-- recipient gets none: another ask may have been granted in its place.
create function safeband.confirm_in_group(
  of_group text, of_reservation text, granted_by text, recipient text
) returns table (state text, account_id text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  place safeband.group_reserves;
begin
  insert into safeband.group_reserves (group_name, reservation_id, account_id)
  values (of_group, of_reservation, granted_by) on conflict do nothing;
  select p.* into place from safeband.group_reserves p
   where p.group_name = of_group and p.reservation_id = of_reservation for update;
  if place.state = 'asking' then
    place.state := 'granted';
    place.account_id := granted_by;
    if recipient is not null then
      update safeband.group_recipients c
         set account_id = granted_by, reservation_id = of_reservation,
             granted_at = clock_timestamp(), held_by = null, held_until = null,
             recorded_at = clock_timestamp()
       where c.group_name = of_group and c.recipient_key = recipient
         and c.held_by = of_reservation;
      if not found then place.state := 'given_back'; end if;
    end if;
    update safeband.group_reserves p
       set state = place.state, account_id = place.account_id, recorded_at = clock_timestamp()
     where p.group_name = of_group and p.reservation_id = of_reservation;
  end if;
  return query select place.state::text, place.account_id::text;
end $$;

-- Deletes rows that are as old as reservations that are deleted (R28). The account of a recipient is
-- then found by the reservations that are left.
create function safeband.prune_group_sends(at timestamptz, days int, step int default 2000)
  returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- A worker whose clock is wrong must not delete what is young.
  now_at timestamptz := least(at, clock_timestamp() + interval '1 hour');
  cutoff timestamptz := now_at - greatest(days, 100) * interval '1 day';
  gone bigint;
  more bigint;
begin
  -- Without days the rows are kept permanently.
  if days is null then return 0; end if;
  delete from safeband.group_reserves where ctid = any (array(
    select c.ctid from safeband.group_reserves c where c.recorded_at < cutoff
     limit step for update skip locked));
  get diagnostics gone = row_count;
  delete from safeband.group_recipients where ctid = any (array(
    select c.ctid from safeband.group_recipients c where c.recorded_at < cutoff
     limit step for update skip locked));
  get diagnostics more = row_count;
  return gone + more;
end $$;
revoke execute on function safeband.prune_group_sends(timestamptz, int, int) from public;
