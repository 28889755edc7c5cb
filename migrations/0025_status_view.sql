-- account_status reads an account as the domain reads its rows (R17). One function has the order of
-- the states, one the caps of an account, one the room that they leave, and one the week. The view,
-- the gauges and the webhooks call these functions.

-- The state at an instant, in the gate's order, also if the row was written earlier (R9).
create function safeband.state_at(
  state text, hold_actor text, breaker_until timestamptz, cooldown_until timestamptz,
  at timestamptz
) returns text language sql immutable parallel safe as $$
  select case
    when state = 'disconnected' then 'disconnected'
    when hold_actor is not null then 'held'
    when breaker_until > at then 'no_credits'
    when cooldown_until > at then 'cooldown'
    when state = 'unverified' then 'unverified'
    else 'active'
  end
$$;

-- The caps in force on a day of the ramp (R10). `ramp` is null without a ramp and after its end.
create function safeband.caps_of(
  tier safeband.tier, daily_cap int, weekly_cap int, ramp int[], ramp_day int
) returns table (daily int, weekly int, ramp_cap int)
  language sql immutable parallel safe as $$
  select known.daily, least(coalesce(weekly_cap, 5 * known.daily), 5 * known.band), ramp[ramp_day]
    from (select safeband.safe_band(tier) as band,
                 least(coalesce(daily_cap, safeband.safe_band(tier)), safeband.safe_band(tier))
                   as daily) known
$$;

-- What all caps together leave of a day: the effective cap (R10).
create function safeband.left_by(daily int, weekly int, ramp_cap int, earlier int) returns int
  language sql immutable parallel safe as $$
  select greatest(0, least(daily, ramp_cap, weekly - earlier))
$$;

create or replace function safeband.cap_of(a safeband.accounts, earlier int) returns int
  language sql immutable as $$
  select safeband.left_by(caps.daily, caps.weekly, caps.ramp_cap, earlier)
    from safeband.caps_of(a.tier, a.daily_cap, a.weekly_cap, a.ramp, a.ramp_day) caps
$$;

create index reservations_carried on safeband.reservations (account_id, carried_into)
  where carried_into is not null;

-- The six quota days before a day, and the slots that are carried into that day: of any earlier day,
-- and of these six. `open_day` is a day without a row of account_days, with its counter.
create function safeband.week_before(
  account safeband.account_id, day date, open_day date, open_counter int
) returns table (counters int, carried int, carried_of_week int)
  language sql stable as $$
  select week.counters, into_day.carried, into_day.carried_of_week
    from (select coalesce(sum(coalesce(open.counter, closed.counter)), 0)::int as counters
            from (select d.counter, d.quota_day from safeband.account_days d
                   where d.account_id = account and d.quota_day between day - 6 and day - 1
                 ) closed
            full join (select open_counter as counter, open_day as quota_day
                        where open_day between day - 6 and day - 1) open using (quota_day)
         ) week,
         (select count(*)::int as carried,
                 (count(*) filter (where r.quota_day between day - 6 and day - 1))::int
                   as carried_of_week
            from safeband.reservations r
           where r.account_id = account and r.carried_into = day and r.state <> 'released'
         ) into_day
$$;

-- A limit of the account is 80, 95 or 100 % spent: each once for a day and a cap, in this order.
create or replace function safeband.tell_thresholds(was safeband.accounts, new safeband.accounts)
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
  -- A carried slot is in `used` already.
  select week.counters - case when new.carried > 0 then week.carried_of_week else 0 end
    into earlier
    from safeband.week_before(new.account_id, new.counter_day, null, null) week;
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

-- The view keeps its rights: it is replaced and never dropped.
alter function safeband.account_status_at(timestamptz) rename to earlier_account_status_at;
create function safeband.account_status_at(at timestamptz)
  returns table (
    account_id safeband.account_id, tier safeband.tier, timezone text,
    daily_cap int, weekly_cap int, ramp int[], sending_window jsonb, identity text,
    inmails_sent_today int, counter_day date, ramp_day int, state text,
    cooldown_until timestamptz, cooldown_cause text,
    hold_reason text, hold_actor text, hold_since timestamptz, breaker_until timestamptz,
    in_flight int, uncertain int, carried int, imported int, unexplained int,
    ramp_day_next int, highest_cap int, cooled_at_counter int, cooldowns jsonb,
    owner text, owner_version bigint, version bigint, updated_at timestamptz,
    recorded_at timestamptz,
    delivered int, external int, drift int,
    cap_daily int, cap_weekly int, cap_ramp int, week_used int, remaining int,
    last_checked_at timestamptz, credits_renew_on smallint)
  language sql stable as $$
  with today as (
    select a.*, dated.day, dated.day > a.counter_day as is_new
    from safeband.accounts a
    cross join lateral (select greatest(a.counter_day, safeband.utc_day(at)) as day) dated
  ), found as (
    select t.*,
      case when t.is_new then 0 else t.external end as external_now,
      case when t.is_new then 0 else t.imported end as imported_now,
      case when t.is_new then 0 else t.unexplained end as unexplained_now,
      case when t.is_new then t.ramp_day_next else t.ramp_day end as step,
      slots.in_flight as slots_in_flight, slots.uncertain as slots_uncertain,
      slots.delivered as slots_delivered,
      -- The sum that the reservations and the row's other parts prove, of the row's own day.
      slots.of_row_day + t.external + t.imported + t.unexplained as proved_of_row,
      log.delivered as log_delivered, log.external as log_external
    from today t
    cross join lateral (
      select (count(*) filter (where r.state = 'in_flight' and r.quota_day = t.day))::int
               as in_flight,
             (count(*) filter (where r.state = 'uncertain' and r.quota_day = t.day))::int
               as uncertain,
             (count(*) filter (where r.state = 'delivered' and r.quota_day = t.day))::int
               as delivered,
             (count(*) filter (where r.state <> 'released' and r.quota_day = t.counter_day))::int
               as of_row_day
      from safeband.reservations r
      where r.account_id = t.account_id and r.quota_day in (t.day, t.counter_day)
    ) slots
    cross join lateral (
      select count(*) filter (where e.source <> 'external')::int as delivered,
             count(*) filter (where e.source = 'external')::int as external
      from safeband.inmail_events e where e.account_id = t.account_id and e.quota_day = t.day
    ) log
  ), counted as (
    -- The larger of the row's counter and of the proved sum counts, as in a reconcile (R8). A row
    -- that was edited down to 3 of 17 delivered has 17; one that was edited up to 104 has 104.
    select f.*,
      case when f.is_new then f.slots_in_flight + f.slots_uncertain + f.slots_delivered
           else greatest(f.inmails_sent_today, f.proved_of_row) end as counter,
      case when f.is_new then 0 else greatest(0, f.inmails_sent_today - f.proved_of_row) end
        as excess,
      case when f.is_new then carry.slots else week.carried end as carried_now,
      week.counters - case when f.is_new then carry.of_week else week.carried_of_week end
        as earlier,
      caps.daily as daily_in_force, caps.weekly as weekly_in_force, caps.ramp_cap as ramp_in_force,
      greatest(f.last_checked_at, case when f.state <> 'disconnected' then fleet.ran_at end)
        as checked_at
    from found f
    -- What was in flight at that midnight, or uncertain with its lease running, takes room today.
    cross join lateral (
      select count(*)::int as slots,
             (count(*) filter (where r.quota_day > f.day - 7))::int as of_week
      from safeband.reservations r
      where f.is_new and r.account_id = f.account_id and r.quota_day < f.day
        and (r.state = 'in_flight'
          or r.state = 'uncertain' and r.lease_expires_at > f.day::timestamp at time zone 'UTC')
    ) carry
    cross join lateral safeband.week_before(f.account_id, f.day, f.counter_day, f.proved_of_row)
      week
    cross join lateral safeband.caps_of(f.tier, f.daily_cap, f.weekly_cap, f.ramp, f.step) caps
    -- Each audit of the fleet compares every connected account with the event log.
    cross join (
      select max(r.ran_at) as ran_at from safeband.reconciler_runs r
      where r.scope = 'fleet' and r.ran_at <= at
    ) fleet
  )
  select c.account_id, c.tier, c.timezone, c.daily_cap, c.weekly_cap, c.ramp, c.sending_window,
    c.identity, c.counter, c.day, c.step,
    safeband.state_at(c.state, c.hold_actor, c.breaker_until, c.cooldown_until, at),
    case when c.cooldown_until > at then c.cooldown_until end,
    case when c.cooldown_until > at then c.cooldown_cause end,
    c.hold_reason, c.hold_actor, c.hold_since,
    case when c.breaker_until > at then c.breaker_until end,
    c.slots_in_flight, c.slots_uncertain, c.carried_now, c.imported_now,
    -- Rows of the event log prove as much of the excess as they can.
    c.unexplained_now + c.excess - least(c.excess, greatest(0,
      c.log_delivered + c.log_external - c.slots_delivered - c.external_now)),
    c.ramp_day_next, c.highest_cap, c.cooled_at_counter, c.cooldowns,
    c.owner, c.owner_version, c.version, c.updated_at, c.recorded_at,
    c.log_delivered, c.log_external,
    c.counter - c.log_delivered - c.log_external - c.imported_now,
    c.daily_in_force, c.weekly_in_force, c.ramp_in_force,
    c.earlier + c.counter + c.carried_now,
    greatest(0, safeband.left_by(c.daily_in_force, c.weekly_in_force, c.ramp_in_force, c.earlier)
      - c.counter - c.carried_now),
    c.checked_at, c.credits_renew_on
  from counted c
$$;
create or replace view safeband.account_status as
  select * from safeband.account_status_at(statement_timestamp());
drop function safeband.earlier_account_status_at(timestamptz);
