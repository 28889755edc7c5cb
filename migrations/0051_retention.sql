-- Retention (R28): the audit deletes old rows in small steps, by one function for each step. The
-- worker may call it and has no right to delete. The function itself keeps what a rule still needs,
-- so that no setting can lose it.

-- How long the rows of each table are kept, and what was deleted and exported so far.
create table safeband.retention (
  relation text primary key,
  -- Null: permanently.
  days int check (days > 0),
  only_exported boolean not null default false,
  -- Rows from before that instant are gone, or were kept because a rule needs them.
  pruned_before timestamptz,
  pruned_rows bigint not null default 0,
  pruned_at timestamptz,
  -- The day on which the last step found nothing more.
  done_on date,
  -- Rows from before `exported_before` were written to a file at `exported_at`.
  exported_before timestamptz,
  exported_at timestamptz,
  exported_by text,
  check ((exported_before is null) = (exported_at is null))
);

-- Without it, each deleted heartbeat would read all corrections.
create index corrections_run on safeband.corrections (run_id);

-- True if no rule reads a reservation any more: it has ended, and its day is 35 days before that of
-- the account's row. That is more than the week, the 28 days of the velocity, and each late report.
create function safeband.is_past(r safeband.reservations, account_day date) returns boolean
  language sql immutable parallel safe as $$
  select r.state in ('delivered', 'released') and r.quota_day < account_day - 35
    and coalesce(r.carried_into < account_day - 35, true)
$$;

-- A deleted row that the gate would still count is a manual edit; a row of the past is none.
create or replace function safeband.tell_deletion() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  update safeband.accounts set is_edited = true
   where account_id = old.account_id and not safeband.is_past(old, counter_day);
  return null;
end $$;

-- The days for which a rule of the account needs its contacts (R20), two more than the memory.
create function safeband.contact_days(a safeband.accounts) returns int
  language sql immutable parallel safe as $$
  select 2 + greatest(a.recipient_memory_days, (a.saved_row->>'recipient_memory_days')::int, 2)
$$;

-- Deletes at most `step` rows of a table that are older than `days`, and returns how many. With
-- `only_exported`, only rows that were exported, and did not change since.
create function safeband.prune_rows(
  name text, at timestamptz, days int, only_exported boolean, step int default 2000
) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  -- A worker whose clock is wrong must not delete what is young.
  now_at timestamptz := least(at, clock_timestamp() + interval '1 hour');
  today date := safeband.utc_day(now_at);
  -- What people may ask for up to 90 days back (R17) is kept for 100.
  kept int := greatest(days, case name when 'reconciler_runs' then 7
    when 'send_attempts' then 40 when 'alerts' then 30 else 100 end);
  cutoff timestamptz := (today - kept)::timestamp at time zone 'UTC';
  cutoff_day date;
  written timestamptz := 'infinity';
  last_run text;
  gone bigint;
begin
  if only_exported then
    select least(cutoff, r.exported_before), r.exported_at into cutoff, written
      from safeband.retention r where r.relation = name;
    cutoff := coalesce(cutoff, '-infinity');
    written := coalesce(written, '-infinity');
    if written = '-infinity' then cutoff := '-infinity'; end if;
  end if;
  cutoff_day := case when cutoff = '-infinity' then date '-infinity'
    else safeband.utc_day(cutoff) end;
  case
  -- Without days the rows are kept permanently.
  when days is null then gone := 0;
  when name = 'reservations' then
    delete from safeband.reservations r using (
      select found.* from safeband.accounts a cross join lateral (
        select c.account_id, c.reservation_id from safeband.reservations c
         where c.account_id = a.account_id and c.quota_day < cutoff_day
           and c.recorded_at < written and safeband.is_past(c, a.counter_day)
           and (c.state = 'released' or c.recipient_id is null
             or c.quota_day < today - safeband.contact_days(a))
         limit step) found limit step) old
     where r.account_id = old.account_id and r.reservation_id = old.reservation_id
       and r.state in ('delivered', 'released');
  when name = 'send_attempts' then
    delete from safeband.send_attempts s using (
      select found.* from safeband.accounts a cross join lateral (
        select c.account_id, c.reservation_id from safeband.send_attempts c
         where c.account_id = a.account_id and c.quota_day < least(cutoff_day, a.counter_day - 35)
           and greatest(c.recorded_at, c.settled_at) < written
           and not exists (select from safeband.reservations r
             where r.account_id = c.account_id and r.reservation_id = c.reservation_id
               and not safeband.is_past(r, a.counter_day))
         limit step) found limit step) old
     where s.account_id = old.account_id and s.reservation_id = old.reservation_id;
  when name = 'waiting' then
    delete from safeband.waiting w using (
      select c.account_id, c.reservation_id from safeband.waiting c
       where c.state <> 'waiting' and c.decided_at < cutoff and c.recorded_at < written
         and not exists (select from safeband.reservations r
           where r.account_id = c.account_id and r.reservation_id = c.reservation_id
             and r.state in ('in_flight', 'uncertain'))
       limit step) old
     where w.account_id = old.account_id and w.reservation_id = old.reservation_id
       and w.state <> 'waiting';
  when name = 'campaign_denials' then
    delete from safeband.campaign_denials where ctid = any (array(
      select c.ctid from safeband.campaign_denials c
       where c.quota_day < cutoff_day and c.recorded_at < written
       limit step for update skip locked));
  when name = 'past_sends' then
    -- Those of an account that has not started are its first week.
    delete from safeband.past_sends p using (
      select found.* from safeband.accounts a cross join lateral (
        select c.account_id, c.sent_at, c.place from safeband.past_sends c
         where c.account_id = a.account_id and c.recorded_at < written
           and c.sent_at < least(cutoff,
             (today - safeband.contact_days(a))::timestamp at time zone 'UTC')
         limit step) found limit step) old
     where p.account_id = old.account_id and p.sent_at = old.sent_at and p.place = old.place;
  when name = 'alerts' then
    with old as (
      delete from safeband.alerts where alert_id = any (array(
        select c.alert_id from safeband.alerts c
         where c.resolved_at < cutoff and c.raised_at < cutoff and c.recorded_at < written
         order by c.opened_at limit step for update skip locked))
       and resolved_at is not null
      returning alert_id
    )
    select count(*) into gone from old;
    delete from safeband.alert_actions x where not exists (
      select from safeband.alerts l where l.alert_id = x.alert_id);
  when name = 'account_changes' then
    -- The last connect or disconnect is shown as long as the account is known.
    delete from safeband.account_changes x using (
      select found.* from safeband.accounts a cross join lateral (
        select c.account_id, c.number from safeband.account_changes c
         where c.account_id = a.account_id and c.at < cutoff and c.recorded_at < written
           and not (c.kind in ('connect', 'disconnect') and not exists (
             select from safeband.account_changes later where later.account_id = c.account_id
               and later.number > c.number and later.kind in ('connect', 'disconnect')))
         limit step) found limit step) old
     where x.account_id = old.account_id and x.number = old.number;
  when name = 'corrections' then
    delete from safeband.corrections where correction_id = any (array(
      select found.correction_id from safeband.accounts a cross join lateral (
        select c.correction_id from safeband.corrections c
         where c.account_id = a.account_id and c.at < cutoff and c.recorded_at < written
         limit step) found limit step));
  when name = 'reconciler_runs' then
    -- The next audit reads from where the last whole one ended. A correction names its run.
    select run_id into last_run from safeband.reconciler_runs
     where scope = 'fleet' and explanation ? 'horizon' order by ran_at desc limit 1;
    delete from safeband.reconciler_runs where run_id = any (array(
      select c.run_id from safeband.reconciler_runs c
       where c.scope in ('account', 'fleet') and c.ran_at < cutoff and c.recorded_at < written
         and c.run_id is distinct from last_run
         and not exists (select from safeband.corrections k where k.run_id = c.run_id)
       limit step));
  else
    raise exception 'rows of % are not deleted', name using errcode = 'invalid_parameter_value';
  end case;
  if days is not null and name <> 'alerts' then get diagnostics gone = row_count; end if;
  insert into safeband.retention as known
    (relation, days, only_exported, pruned_before, pruned_rows, pruned_at, done_on)
  values (name, prune_rows.days, prune_rows.only_exported,
    case when days is not null then nullif(cutoff, '-infinity') end, gone, clock_timestamp(),
    case when gone < step then today end)
  on conflict (relation) do update
    set days = excluded.days, only_exported = excluded.only_exported,
        pruned_before = greatest(known.pruned_before, excluded.pruned_before),
        pruned_rows = known.pruned_rows + excluded.pruned_rows, pruned_at = excluded.pruned_at,
        done_on = coalesce(excluded.done_on, known.done_on);
  return gone;
end $$;
revoke execute on function safeband.prune_rows(text, timestamptz, int, boolean, int) from public;

-- What a person did with an alert is deleted after the alert, and never before.
create function safeband.refuse_action_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' and not exists (
    select from safeband.alerts a where a.alert_id = old.alert_id) then
    return old;
  end if;
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $$;
drop trigger append_only on safeband.alert_actions;
create trigger append_only before update or delete on safeband.alert_actions
  for each row execute function safeband.refuse_action_change();
alter table safeband.alert_actions enable always trigger append_only;
