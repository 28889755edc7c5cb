-- The ceiling that LinkedIn's refusals taught (R25), with its cap after the midnight that follows the
-- row (`next`; null: it ends). `learnt_cap`: it is a cap of the account. History keeps both.
alter table safeband.accounts
  add column learnt_cap boolean not null default false,
  add column learnt jsonb check (learnt is null or (
    jsonb_typeof(learnt) = 'object' and (learnt->>'cap')::int >= 1
    and jsonb_typeof(learnt->'until') = 'number'
    and jsonb_typeof(learnt->'next') in ('number', 'null')) is true);
alter table safeband.account_history
  add column learnt_cap boolean not null default false, add column learnt jsonb;

drop trigger keep_changed_settings on safeband.accounts;
create trigger keep_changed_settings
  after update of campaigns, pacing, recipient_memory_days, credits_renew_on, mode, velocity,
    group_name, learnt_cap
  on safeband.accounts
  for each row when (not new.is_edited and
    (old.campaigns, old.pacing, old.recipient_memory_days, old.credits_renew_on, old.mode,
      old.velocity, old.group_name, old.learnt_cap)
    is distinct from
    (new.campaigns, new.pacing, new.recipient_memory_days, new.credits_renew_on, new.mode,
      new.velocity, new.group_name, new.learnt_cap))
  execute function safeband.keep_account_row();

-- The learnt ceiling on a day that is not before the row's.
create function safeband.learnt_ceiling(a safeband.accounts, day date)
  returns int language sql stable parallel safe as $$
  select case when a.learnt_cap then
    (case when learnt_ceiling.day > a.counter_day then a.learnt->>'next'
          else a.learnt->>'cap' end)::int end
$$;

-- The effective cap (R10), as account_status_at computes it.
create or replace function safeband.cap_of(a safeband.accounts, earlier int) returns int
  language sql stable as $$
  select safeband.left_by(least(caps.daily, safeband.velocity_cap(a, a.counter_day, null),
             safeband.learnt_ceiling(a, a.counter_day)), caps.weekly, caps.ramp_cap, earlier)
    from safeband.caps_of(a.tier, a.daily_cap, a.weekly_cap, a.ramp, a.ramp_day) caps
$$;

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
    last_checked_at timestamptz, credits_renew_on smallint, cap_velocity int,
    cap_learnt int)
  language sql stable as $$
  with today as (
    select stored.account_id as id, a.*, dated.day, dated.day > a.counter_day as is_new,
      gate.state as state_now, gate.cooldown_until as cooldown_now,
      gate.cooldown_cause as cause_now, a as whole
    from safeband.accounts stored
    cross join lateral safeband.as_saved(stored) a
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
      where r.account_id = t.id and r.quota_day in (t.day, t.counter_day)
    ) slots
    cross join lateral (
      select count(*) filter (where e.source <> 'external')::int as delivered,
             count(*) filter (where e.source = 'external')::int as external
      from safeband.inmail_events e where e.account_id = t.id and e.quota_day = t.day
    ) log
  ), counted as (
    -- The counter of the last save counts, also if rows of reservations were deleted since.
    select f.*,
      case when f.is_new then f.slots_in_flight + f.slots_uncertain + f.slots_delivered
           else greatest(f.inmails_sent_today, f.proved_of_row) end as counter,
      case when f.is_new then 0 else greatest(0, f.inmails_sent_today - f.proved_of_row) end
        as excess,
      case when f.is_new then carry.slots else week.carried end as carried_now,
      week.counters - case when f.is_new then carry.of_week else week.carried_of_week end
        as earlier,
      caps.daily as daily_in_force, caps.weekly as weekly_in_force, caps.ramp_cap as ramp_in_force,
      safeband.velocity_cap(f.whole, f.day, f.proved_of_row) as velocity_in_force,
      safeband.learnt_ceiling(f.whole, f.day) as learnt_in_force,
      greatest(f.last_checked_at, case when f.state <> 'disconnected' then fleet.ran_at end)
        as checked_at
    from found f
    -- What was in flight at that midnight, or uncertain with its lease running, takes room today.
    cross join lateral (
      select count(*)::int as slots,
             (count(*) filter (where r.quota_day > f.day - 7))::int as of_week
      from safeband.reservations r
      where f.is_new and r.account_id = f.id and r.quota_day < f.day
        and (r.state = 'in_flight'
          or r.state = 'uncertain' and r.lease_expires_at > f.day::timestamp at time zone 'UTC')
    ) carry
    cross join lateral safeband.week_before(f.id, f.day, f.counter_day, f.proved_of_row)
      week
    cross join lateral safeband.caps_of(f.tier, f.daily_cap, f.weekly_cap, f.ramp, f.step) caps
    -- Each audit of the fleet compares every connected account with the event log.
    cross join (
      select max(r.ran_at) as ran_at from safeband.reconciler_runs r
      where r.scope = 'fleet' and r.ran_at <= at
    ) fleet
  )
  select c.id, c.tier, c.timezone, c.daily_cap, c.weekly_cap, c.ramp, c.sending_window,
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
    greatest(0, safeband.left_by(least(c.daily_in_force, c.velocity_in_force,
          c.learnt_in_force),
        c.weekly_in_force, c.ramp_in_force, c.earlier)
      - c.counter - c.carried_now),
    c.checked_at, c.credits_renew_on, c.velocity_in_force, c.learnt_in_force
  from counted c
$$;
create or replace view safeband.account_status as
  select * from safeband.account_status_at(statement_timestamp());
drop function safeband.earlier_account_status_at(timestamptz);
