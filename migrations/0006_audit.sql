-- Whether a hand has edited an account's row: each save stamps recorded_at anew, a hand does not.
-- It takes the place of the fingerprint, which told the same only when it was worked out.
alter table safeband.accounts drop column fingerprint;
drop function safeband.account_fingerprint(safeband.accounts);
alter table safeband.accounts add column is_edited boolean not null default false;
create function safeband.tell_edit() returns trigger language plpgsql as $$
begin
  new.is_edited := new.recorded_at is not distinct from old.recorded_at;
  if new.is_edited then
    new.owner_version := old.owner_version; -- a claim alone sets it: no save would write it back
  end if;
  return new;
end $$;
create trigger tell_edit before update on safeband.accounts
  for each row execute function safeband.tell_edit();
alter table safeband.accounts enable always trigger tell_edit;
create index accounts_edited on safeband.accounts (account_id) where is_edited;

-- What a hand has changed and no run has told yet, kept until the workflow has heard of that run: an
-- answer that is lost loses no edit. {id, day, counter, cap, columns}; the id is its transaction's.
alter table safeband.accounts add column edits jsonb;

-- A reservation's row is never deleted but by hand.
create function safeband.tell_deletion() returns trigger language plpgsql as $$
begin
  update safeband.accounts set is_edited = true where account_id = old.account_id;
  return null;
end $$;
create trigger tell_deletion after delete on safeband.reservations
  for each row execute function safeband.tell_deletion();
alter table safeband.reservations enable always trigger tell_deletion;

-- The last run of the account that succeeded, written in its transaction (R8).
alter table safeband.accounts add column last_checked_at timestamptz;

-- A reservation's row that is changed under the number it has was changed by hand, too.
create function safeband.tell_rewrite() returns trigger language plpgsql as $$
begin
  update safeband.accounts set is_edited = true where account_id = new.account_id;
  return null;
end $$;
create trigger tell_rewrite after update on safeband.reservations
  for each row when (new.number = old.number) execute function safeband.tell_rewrite();
alter table safeband.reservations enable always trigger tell_rewrite;

-- Since when an account has been hot (R8); null: cold, the audit looks after it.
alter table safeband.accounts add column hot_since timestamptz;
create index accounts_hot on safeband.accounts (account_id) where hot_since is not null;

-- The audit reads a day of the event log by pages of accounts.
create index inmail_events_audit on safeband.inmail_events (quota_day, account_id)
  where is_counted;

-- What is new in journal and log is told by the transaction that wrote it: a stamp would miss a row
-- that was committed long after it was stamped. The audit keeps the oldest that it may have missed.
alter table safeband.send_attempts
  add column written_in xid8 not null default pg_current_xact_id();
alter table safeband.inmail_events
  add column written_in xid8 not null default pg_current_xact_id();
create index send_attempts_news on safeband.send_attempts (written_in);
create index inmail_events_bypassed on safeband.inmail_events (written_in) where number is null;
create or replace function safeband.keep_outcome() returns trigger language plpgsql as $$
begin
  if old.outcome is not null then
    raise exception 'the outcome of attempt % is written already: %',
      old.reservation_id, old.outcome using errcode = 'restrict_violation';
  end if;
  new.written_in := pg_current_xact_id();
  return new;
end $$;

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
    last_checked_at timestamptz)
  language sql stable as $$
  with today as (
    select a.*, greatest(a.counter_day, safeband.utc_day(at)) as day
    from safeband.accounts a
  ), sum as (
    select t.*,
      t.day > t.counter_day as is_new,
      case when t.day > t.counter_day then 0 else t.inmails_sent_today end as counter,
      case when t.day > t.counter_day then t.ramp_day_next else t.ramp_day end as step,
      case when t.day > t.counter_day then carry.slots else t.carried end as carried_now,
      log.delivered as log_delivered, log.external as log_external,
      week.earlier - case when t.day > t.counter_day then carry.of_week else t_carry.of_week end
        as earlier,
      greatest(t.last_checked_at, case when t.state <> 'disconnected' then fleet.ran_at end)
        as checked_at
    from today t
    cross join lateral (
      select count(*) filter (where e.source <> 'external')::int as delivered,
             count(*) filter (where e.source = 'external')::int as external
      from safeband.inmail_events e where e.account_id = t.account_id and e.quota_day = t.day
    ) log
    -- What was in flight at that midnight, or uncertain with its lease running, takes room today.
    cross join lateral (
      select count(*)::int as slots,
             (count(*) filter (where r.quota_day > t.day - 7))::int as of_week
      from safeband.reservations r
      where t.day > t.counter_day and r.account_id = t.account_id and r.quota_day < t.day
        and (r.state = 'in_flight'
          or r.state = 'uncertain' and r.lease_expires_at > t.day::timestamp at time zone 'UTC')
    ) carry
    cross join lateral (
      select count(*)::int as of_week
      from safeband.reservations r
      where r.account_id = t.account_id and r.carried_into = t.day and r.state <> 'released'
        and r.quota_day between t.day - 6 and t.day - 1
    ) t_carry
    -- The row's own day stands for itself until its account_days row is written.
    cross join lateral (
      select coalesce(sum(coalesce(closed.counter, open.counter)), 0)::int as earlier
      from (select counter, quota_day from safeband.account_days d
             where d.account_id = t.account_id and d.quota_day between t.day - 6 and t.day - 1
           ) closed
      full join (select t.inmails_sent_today as counter, t.counter_day as quota_day
                  where t.counter_day between t.day - 6 and t.day - 1) open using (quota_day)
    ) week
    -- Each audit of the fleet holds every connected account against the event log.
    cross join (
      select max(r.ran_at) as ran_at from safeband.reconciler_runs r
      where r.scope = 'fleet' and r.ran_at <= at
    ) fleet
  ), caps as (
    select s.*,
      least(coalesce(s.daily_cap, safeband.safe_band(s.tier)), safeband.safe_band(s.tier))
        as daily_in_force,
      s.ramp[s.step] as ramp_in_force
    from sum s
  ), week as (
    select c.*,
      least(coalesce(c.weekly_cap, 5 * c.daily_in_force), 5 * safeband.safe_band(c.tier))
        as weekly_in_force
    from caps c
  )
  select w.account_id, w.tier, w.timezone, w.daily_cap, w.weekly_cap, w.ramp, w.sending_window,
    w.identity, w.counter, w.day, w.step,
    case
      when w.state = 'disconnected' then 'disconnected'
      when w.hold_actor is not null then 'held'
      when w.breaker_until > at then 'no_credits'
      when w.cooldown_until > at then 'cooldown'
      when w.state = 'unverified' then 'unverified'
      else 'active'
    end,
    case when w.cooldown_until > at then w.cooldown_until end,
    case when w.cooldown_until > at then w.cooldown_cause end,
    w.hold_reason, w.hold_actor, w.hold_since,
    case when w.breaker_until > at then w.breaker_until end,
    case when w.is_new then 0 else w.in_flight end,
    case when w.is_new then 0 else w.uncertain end,
    w.carried_now,
    case when w.is_new then 0 else w.imported end,
    case when w.is_new then 0 else w.unexplained end,
    w.ramp_day_next, w.highest_cap, w.cooled_at_counter, w.cooldowns,
    w.owner, w.owner_version, w.version, w.updated_at, w.recorded_at,
    w.log_delivered, w.log_external,
    w.counter - w.log_delivered - w.log_external
      - case when w.is_new then 0 else w.imported end,
    w.daily_in_force, w.weekly_in_force, w.ramp_in_force,
    w.earlier + w.counter + w.carried_now,
    greatest(0, greatest(0, least(w.daily_in_force, w.ramp_in_force, w.weekly_in_force - w.earlier))
      - w.counter - w.carried_now),
    w.checked_at
  from week w
$$;
