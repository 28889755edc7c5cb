-- The tables of an account: its row, its reservations, the event log, the pipeline's journal,
-- and what people read. Names are the contract's (section 4). Rows that the workflow writes carry
-- a number that only grows, so that a row which is written twice, or late, changes nothing (R14).

create domain safeband.account_id as text
  check (value ~ '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$');
create domain safeband.reservation_id as text
  check (value ~ '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$');
create domain safeband.tier as text
  check (value in ('free', 'premium', 'sales_navigator', 'recruiter'));
-- What LinkedIn names: not blank.
create domain safeband.foreign_id as text
  check (btrim(value) <> '' and char_length(value) <= 512);

-- InMails a day that are known to be safe (R10). A test compares this with the domain's table.
create function safeband.safe_band(tier safeband.tier) returns int
  language sql immutable parallel safe as $$
  select case tier when 'premium' then 25 when 'sales_navigator' then 50
                   when 'recruiter' then 50 else 0 end
$$;

create function safeband.utc_day(at timestamptz) returns date
  language sql immutable parallel safe as $$ select (at at time zone 'UTC')::date $$;

-- Instants and days as the workflow has them: whole ms and days since 1970. Exact, in any zone.
create function safeband.at_ms(ms bigint) returns timestamptz
  language sql immutable parallel safe as $$
  select timestamptz 'epoch' + ms * interval '1 millisecond'
$$;
create function safeband.ms_of(at timestamptz) returns bigint
  language sql immutable parallel safe as $$ select floor(extract(epoch from at) * 1000)::bigint $$;
create function safeband.day_no(day date) returns int
  language sql immutable parallel safe as $$ select day - date '1970-01-01' $$;
create function safeband.day_at(day int) returns date
  language sql immutable parallel safe as $$ select date '1970-01-01' + day $$;

create table safeband.accounts (
  account_id safeband.account_id primary key,
  tier safeband.tier not null,
  timezone text not null default 'UTC',
  -- What the customer set; null is the default of the tier.
  daily_cap int check (daily_cap >= 0),
  weekly_cap int check (weekly_cap >= 0),
  ramp int[],
  sending_window jsonb,
  identity safeband.foreign_id,
  inmails_sent_today int not null default 0 check (inmails_sent_today >= 0),
  counter_day date not null,
  ramp_day int not null default 1 check (ramp_day >= 1),
  -- The ramp day after the next midnight, for readers who come before the reset is written (R7).
  ramp_day_next int not null default 1 check (ramp_day_next >= 1),
  highest_cap int not null default 0 check (highest_cap >= 0),
  cooled_at_counter int not null default 0 check (cooled_at_counter >= 0),
  -- As of the write; account_status reckons what has ended since.
  state text not null check (state in
    ('active', 'cooldown', 'held', 'no_credits', 'unverified', 'disconnected')),
  cooldown_until timestamptz,
  cooldown_cause text,
  -- All of them: [{until, cause}], until in ms; the two columns above are the last to end.
  cooldowns jsonb not null default '[]',
  hold_reason text,
  hold_actor text,
  hold_since timestamptz,
  breaker_until timestamptz,
  in_flight int not null default 0 check (in_flight >= 0),
  uncertain int not null default 0 check (uncertain >= 0),
  carried int not null default 0 check (carried >= 0),
  imported int not null default 0 check (imported >= 0),
  external int not null default 0 check (external >= 0),
  unexplained int not null default 0 check (unexplained >= 0),
  -- The first run id of the chain that may write this row, and the version it began with (R14).
  owner text not null,
  owner_version bigint not null,
  version bigint not null,
  updated_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  check ((hold_actor is null) = (hold_since is null)),
  check ((cooldown_until is null) = (cooldown_cause is null))
);
create index accounts_identity on safeband.accounts (identity) where identity is not null;
create index accounts_lower_id on safeband.accounts (lower(account_id));
create index accounts_state on safeband.accounts (state);

create table safeband.reservations (
  account_id safeband.account_id not null references safeband.accounts,
  reservation_id safeband.reservation_id not null,
  quota_day date not null,
  state text not null check (state in ('in_flight', 'delivered', 'released', 'uncertain')),
  campaign_id text,
  recipient_id text,
  reserved_at timestamptz not null,
  lease_expires_at timestamptz not null,
  settled_at timestamptz,
  reason text,
  journaled boolean not null default false,
  chat_id safeband.foreign_id,
  message_id safeband.foreign_id,
  is_adopted boolean not null default false,
  carried_into date,
  number bigint not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, reservation_id),
  check (state <> 'delivered' or chat_id is not null),
  check ((state = 'in_flight') = (settled_at is null))
);
create index reservations_day on safeband.reservations (account_id, quota_day);
create index reservations_in_flight on safeband.reservations (account_id) where state = 'in_flight';

create table safeband.inmail_events (
  event_id bigint generated always as identity primary key,
  event_type text not null default 'inmail_sent' check (event_type = 'inmail_sent'),
  account_id safeband.account_id not null,
  -- Null for external sends.
  reservation_id safeband.reservation_id,
  chat_id safeband.foreign_id not null,
  message_id safeband.foreign_id,
  source text not null check (source in ('pipeline', 'external', 'journal', 'operator')),
  quota_day date not null,
  delivered_at timestamptz not null,
  -- False: it was seen too late to count for any cap (R16).
  is_counted boolean not null default true,
  number bigint,
  recorded_at timestamptz not null default clock_timestamp(),
  unique (account_id, reservation_id)
);
create unique index inmail_events_proof
  on safeband.inmail_events (account_id, chat_id, coalesce(message_id, ''));
create index inmail_events_day on safeband.inmail_events (account_id, quota_day);

-- The pipeline's own witness: it inserts a row before it calls LinkedIn. No foreign key, because
-- it is written before the workflow's reservation is saved.
create table safeband.send_attempts (
  account_id safeband.account_id not null,
  reservation_id safeband.reservation_id not null,
  quota_day date not null,
  attempted_at timestamptz not null,
  outcome text check (outcome in ('delivered', 'failed', 'void')),
  chat_id safeband.foreign_id,
  message_id safeband.foreign_id,
  error_code text check (error_code in
    ('not_attempted', 'rejected', 'throttled', 'no_credits', 'restricted', 'unknown')),
  settled_at timestamptz,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, reservation_id),
  check (outcome is distinct from 'delivered' or chat_id is not null),
  check (outcome is distinct from 'failed' or error_code is not null)
);
create index send_attempts_day on safeband.send_attempts (account_id, quota_day);

create table safeband.reconciler_runs (
  run_id text primary key,
  scope text not null check (scope in ('account', 'fleet')),
  account_id safeband.account_id,
  ran_at timestamptz not null,
  duration_ms int not null,
  accounts_checked int not null,
  counter_before int,
  counter_after int,
  delivered int,
  external int,
  in_flight int,
  uncertain int,
  drift int,
  alerted boolean not null default false,
  cooled boolean not null default false,
  explanation jsonb not null default '{}',
  recorded_at timestamptz not null default clock_timestamp(),
  check ((scope = 'fleet') = (account_id is null))
);
create index reconciler_runs_account on safeband.reconciler_runs (account_id, ran_at desc);
create index reconciler_runs_scope on safeband.reconciler_runs (scope, ran_at desc);

create table safeband.corrections (
  correction_id bigint generated always as identity primary key,
  account_id safeband.account_id not null references safeband.accounts,
  run_id text not null references safeband.reconciler_runs,
  quota_day date not null,
  before int not null,
  after int not null,
  layer text not null,
  explanation jsonb not null default '{}',
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index corrections_account on safeband.corrections (account_id, at desc);

-- No foreign key: an alert may be about an account that has no row.
create table safeband.alerts (
  account_id safeband.account_id not null,
  kind text not null check (kind in ('drift', 'over_cap', 'undercount', 'bad_signal',
    'chat_id_missing', 'chat_id_taken', 'double_send', 'late_delivery', 'ambiguous_observed',
    'old_id', 'unclean_end', 'two_owners', 'identity_in_use', 'refused_row', 'run_overdue',
    'workflow_missing', 'clock_skew', 'cap_lowered', 'reply_failed')),
  severity text not null check (severity in ('info', 'warning', 'critical')),
  quota_day date not null,
  details jsonb not null default '{}',
  times int not null default 1 check (times >= 1),
  raised_at timestamptz not null,
  resolved_at timestamptz,
  number bigint not null default 0,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, kind, quota_day)
);
create index alerts_open on safeband.alerts (raised_at desc) where resolved_at is null;

create table safeband.account_days (
  account_id safeband.account_id not null references safeband.accounts,
  quota_day date not null,
  counter int not null check (counter >= 0),
  delivered int not null check (delivered >= 0),
  uncertain int not null check (uncertain >= 0),
  external int not null check (external >= 0),
  imported int not null check (imported >= 0),
  unexplained int not null check (unexplained >= 0),
  denials jsonb not null default '{}',
  late int not null default 0 check (late >= 0),
  number bigint not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, quota_day)
);

create table safeband.account_changes (
  account_id safeband.account_id not null,
  number bigint not null,
  kind text not null,
  actor text not null,
  reason text,
  details jsonb not null default '{}',
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, number)
);
create index account_changes_at on safeband.account_changes (account_id, at desc);

-- R14: the event log takes no UPDATE, DELETE or TRUNCATE from anybody, the owner included.
create function safeband.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $$;
create trigger append_only before update or delete on safeband.inmail_events
  for each row execute function safeband.refuse_change();
create trigger append_only_truncate before truncate on safeband.inmail_events
  for each statement execute function safeband.refuse_change();
alter table safeband.inmail_events enable always trigger append_only;
alter table safeband.inmail_events enable always trigger append_only_truncate;

-- An outcome of the journal is written once.
create function safeband.keep_outcome() returns trigger language plpgsql as $$
begin
  if old.outcome is not null then
    raise exception 'the outcome of attempt % is written already: %',
      old.reservation_id, old.outcome using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger outcome_once before update on safeband.send_attempts
  for each row execute function safeband.keep_outcome();
alter table safeband.send_attempts enable always trigger outcome_once;
