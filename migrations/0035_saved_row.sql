-- While a row is edited manually, its account counts on with what its last save wrote (R14). The row
-- keeps these values until the next save, so that readers say what the gate says (R17), and a
-- reconcile names exactly the edited columns (R8).

-- The columns whose values a save decides. In UTC, so that two sessions get the same text.
create function safeband.values_of(a safeband.accounts) returns jsonb
  language sql stable set timezone = 'UTC' as $$
  select pg_catalog.to_jsonb(a) - array['account_id', 'owner', 'owner_version', 'recorded_at',
    'is_edited', 'edits', 'saved_row', 'hot_since', 'last_checked_at', 'last_write',
    'last_write_mark', 'last_run', 'saved_run_id', 'run_id', 'run_events', 'identity_normal',
    'identity_number', 'identity_compared']
$$;
alter table safeband.accounts add column saved_row jsonb;

create or replace function safeband.tell_edit() returns trigger language plpgsql as $$
begin
  new.is_edited := new.recorded_at is not distinct from old.recorded_at;
  new.saved_row := null;
  if new.is_edited then
    new.owner_version := old.owner_version; -- a claim alone sets it: no save would write it back
    -- A row that was edited before this migration has no values of its last save.
    new.saved_row := case when old.is_edited then old.saved_row else safeband.values_of(old) end;
  end if;
  return new;
end $$;

-- The row with the values of its last save.
create function safeband.as_saved(a safeband.accounts) returns safeband.accounts
  language sql stable parallel safe as $$
  select case when a.saved_row is null then a else jsonb_populate_record(a, a.saved_row) end
$$;
-- The columns that differ from the last save, by name.
create function safeband.edited_columns(a safeband.accounts) returns text[]
  language sql stable as $$
  select coalesce(array_agg(saved.key order by saved.key), '{}')
    from jsonb_each(a.saved_row) saved
    join jsonb_each(safeband.values_of(a)) now using (key)
   where now.value is distinct from saved.value
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
    greatest(0, safeband.left_by(c.daily_in_force, c.weekly_in_force, c.ramp_in_force, c.earlier)
      - c.counter - c.carried_now),
    c.checked_at, c.credits_renew_on
  from counted c
$$;

-- A correction that did not change the counter has no number before and after: it restored columns
-- of the row, or rows of reservations or of the event log (R8).
alter table safeband.corrections alter before drop not null, alter after drop not null;
update safeband.corrections set before = null, after = null where before = after;
alter table safeband.corrections
  add constraint corrections_both check ((before is null) = (after is null));
