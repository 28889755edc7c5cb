-- The accounts of an order are deleted some time after its end (R28). The order stays, with its counts.

alter table safeband.orders
  -- From then on the rows of its accounts are deleted: nobody takes it back, and its counts stay.
  add column accounts_deleted_at timestamptz,
  add constraint orders_accounts_deleted
    check (accounts_deleted_at is null or ended_at is not null);

-- A row that retention deletes changes no count; a row that a person deletes does.
create or replace function safeband.count_ordered() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    insert into safeband.order_counts as c
      select order_id, coalesce(outcome, 'left'), pg_backend_pid() % 16, count(*)
        from added group by 1, 2 order by 1, 2
    on conflict (order_id, outcome, part) do update set accounts = c.accounts + excluded.accounts;
  elsif tg_op = 'DELETE' then
    insert into safeband.order_counts as c
      select g.order_id, coalesce(g.outcome, 'left'), pg_backend_pid() % 16, -count(*)
        from gone g join safeband.orders o on o.order_id = g.order_id
       where o.accounts_deleted_at is null group by 1, 2 order by 1, 2
    on conflict (order_id, outcome, part) do update set accounts = c.accounts + excluded.accounts;
  else
    insert into safeband.order_counts as c
      select order_id, outcome, pg_backend_pid() % 16, sum(n)
        from (select order_id, coalesce(outcome, 'left') as outcome, -1 as n from gone
              union all
              select order_id, coalesce(outcome, 'left'), 1 from added) moved
       group by 1, 2 having sum(n) <> 0 order by 1, 2
    on conflict (order_id, outcome, part) do update set accounts = c.accounts + excluded.accounts;
  end if;
  return null;
end $$;

-- Deletes at most `step` rows of a table that are older than `days`, and returns how many. With
-- `only_exported`, only rows that were exported, and did not change since.
create or replace function safeband.prune_rows(
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
  when name = 'order_accounts' then
    -- First the orders whose accounts may go are marked, and only then rows are deleted. An order
    -- whose hold is still in force keeps its rows, because it may be taken back (R30).
    if not exists (
      select from safeband.orders o cross join lateral (
        select from safeband.order_accounts c
         where c.order_id = o.order_id and coalesce(c.decided_at, o.ended_at) < written
         limit 1) found
       where o.accounts_deleted_at is not null)
    then
      update safeband.orders o set accounts_deleted_at = clock_timestamp()
       where o.accounts_deleted_at is null and o.ended_at < least(cutoff, written)
         and not exists (select from safeband.accounts a
           where a.state <> 'disconnected'
             and substring(a.hold_reason from ' \(order ([0-9a-f]{16})\)$') = o.order_id);
    end if;
    delete from safeband.order_accounts x using (
      select found.* from safeband.orders o cross join lateral (
        select c.order_id, c.account_id from safeband.order_accounts c
         where c.order_id = o.order_id and coalesce(c.decided_at, o.ended_at) < written
         limit step) found
       where o.accounts_deleted_at is not null limit step) old
     where x.order_id = old.order_id and x.account_id = old.account_id;
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
