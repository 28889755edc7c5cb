-- Readers of rows get the state and the cooldown that the domain computes from the same rows (R17):
-- an account without a reconcile is unverified (R12), and a day that ended above its cap pauses the
-- account also before the reset is written (R8). The view and the gauges call one function.

-- The counter that the row of an account and the spent slots of its own day prove together.
create function safeband.proved_of(a safeband.accounts, slots int) returns int
  language sql immutable parallel safe as $$
  select slots + a.external + a.imported + a.unexplained
$$;

-- State and cooldown at an instant, in the gate's order, also if the row was written earlier (R9).
create function safeband.gate_at(a safeband.accounts, at timestamptz)
  returns table (state text, cooldown_until timestamptz, cooldown_cause text)
  language sql stable as $$
  select case
      when a.state = 'disconnected' then 'disconnected'
      when a.hold_actor is not null then 'held'
      when a.breaker_until > at then 'no_credits'
      when coalesce(reset.cooldown_until, a.cooldown_until) > at then 'cooldown'
      when a.state = 'unverified' or a.last_checked_at is null then 'unverified'
      else 'active'
    end,
    case when reset.cooldown_until is not null then reset.cooldown_until
         when a.cooldown_until > at then a.cooldown_until end,
    case when reset.cooldown_until is not null then 'overshoot'
         when a.cooldown_until > at then a.cooldown_cause end
  -- A reset until 00:02 begins its cooldown at midnight, a later one at once.
  from (select a.counter_day < safeband.utc_day(at) as is_late,
               case when at - today.midnight <= interval '2 minutes' then today.midnight else at end
                 as reset_at
          from (select safeband.utc_day(at)::timestamp at time zone 'UTC' as midnight) today) due
  -- The cooldown that the next reset starts, if the row is of an earlier day.
  left join lateral (
    select due.reset_at + interval '1 hour' as cooldown_until
      from (select safeband.proved_of(a, count(*)::int) as counter from safeband.reservations r
             where due.is_late and r.account_id = a.account_id and r.quota_day = a.counter_day
               and r.state <> 'released') closed
     where due.is_late and closed.counter > a.highest_cap
       and 5 * closed.counter >= 6 * a.highest_cap and closed.counter > a.cooled_at_counter
       and coalesce(a.cooldown_until <= due.reset_at, true)
  ) reset on true
$$;

create or replace function safeband.account_status_at(at timestamptz)
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
    select a.*, dated.day, dated.day > a.counter_day as is_new,
      gate.state as state_now, gate.cooldown_until as cooldown_now,
      gate.cooldown_cause as cause_now, a as whole
    from safeband.accounts a
    cross join lateral (select greatest(a.counter_day, safeband.utc_day(at)) as day) dated
    cross join lateral safeband.gate_at(a, at) gate
  ), found as (
    select t.*,
      case when t.is_new then 0 else t.external end as external_now,
      case when t.is_new then 0 else t.imported end as imported_now,
      case when t.is_new then 0 else t.unexplained end as unexplained_now,
      case when t.is_new then t.ramp_day_next else t.ramp_day end as step,
      slots.in_flight as slots_in_flight, slots.uncertain as slots_uncertain,
      slots.delivered as slots_delivered,
      safeband.proved_of(t.whole, slots.of_row_day) as proved_of_row,
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
    c.state_now, c.cooldown_now, c.cause_now,
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
drop function safeband.state_at(text, text, timestamptz, timestamptz, timestamptz);
