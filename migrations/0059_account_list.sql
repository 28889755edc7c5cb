-- What the dashboard sorts, filters and counts accounts by: a few numbers of each account, as a server
-- computed them last. `sending` is an answer of the gate, and time changes the state, so no index of
-- `accounts` has them. No rule reads these rows, and a server computes all of them again.
create table safeband.account_list (
  account_id safeband.account_id primary key references safeband.accounts on delete cascade,
  state text not null,
  -- The place of the state in an order by urgency.
  urgency smallint not null,
  -- Can it send? `none`: it is disconnected.
  sending text not null check (sending in ('yes', 'waits', 'person', 'none')),
  group_name safeband.group_name,
  counter int not null,
  logged int not null,
  in_flight int not null,
  uncertain int not null,
  remaining int not null,
  drift int not null,
  checked_at timestamptz,
  cooldown_until timestamptz,
  -- The first instant at which time changes the row.
  ends_at timestamptz not null,
  as_of timestamptz not null
);
-- One index for each order: accounts that are equal in it come by id in both directions.
create index account_list_counter on safeband.account_list (counter, account_id);
create index account_list_counter_desc on safeband.account_list (counter desc, account_id);
create index account_list_remaining on safeband.account_list (remaining, account_id);
create index account_list_remaining_desc on safeband.account_list (remaining desc, account_id);
create index account_list_drift on safeband.account_list (abs(drift), account_id);
create index account_list_drift_desc on safeband.account_list (abs(drift) desc, account_id);
create index account_list_urgency on safeband.account_list (urgency, account_id);
create index account_list_urgency_desc on safeband.account_list (urgency desc, account_id);
create index account_list_state on safeband.account_list (state, account_id);
create index account_list_sending on safeband.account_list (sending, account_id);
create index account_list_group on safeband.account_list (group_name, account_id);
create index account_list_ends on safeband.account_list (ends_at);

-- The rows of the list by what filters name, with their sums: no page counts all accounts.
create table safeband.account_counts (
  state text not null,
  sending text not null,
  -- Empty: the accounts without a group.
  group_name text not null,
  accounts bigint not null,
  counter bigint not null,
  logged bigint not null,
  in_flight bigint not null,
  uncertain bigint not null,
  drifting bigint not null,
  primary key (state, sending, group_name)
);

create function safeband.count_listed() returns trigger language plpgsql as $$
begin
  if tg_op in ('UPDATE', 'DELETE') then
    update safeband.account_counts c
       set accounts = c.accounts - g.accounts, counter = c.counter - g.counter,
           logged = c.logged - g.logged, in_flight = c.in_flight - g.in_flight,
           uncertain = c.uncertain - g.uncertain, drifting = c.drifting - g.drifting
      from (select state, sending, coalesce(group_name::text, '') as group_name,
                   count(*) as accounts, sum(counter) as counter, sum(logged) as logged,
                   sum(in_flight) as in_flight, sum(uncertain) as uncertain,
                   count(*) filter (where drift <> 0) as drifting
              from gone group by 1, 2, 3) g
     where (c.state, c.sending, c.group_name) = (g.state, g.sending, g.group_name);
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into safeband.account_counts as c
      select state, sending, coalesce(group_name::text, ''), count(*), sum(counter), sum(logged),
             sum(in_flight), sum(uncertain), count(*) filter (where drift <> 0)
        from added group by 1, 2, 3 order by 1, 2, 3
    on conflict (state, sending, group_name) do update
       set accounts = c.accounts + excluded.accounts, counter = c.counter + excluded.counter,
           logged = c.logged + excluded.logged, in_flight = c.in_flight + excluded.in_flight,
           uncertain = c.uncertain + excluded.uncertain,
           drifting = c.drifting + excluded.drifting;
  end if;
  return null;
end $$;
create trigger count_added after insert on safeband.account_list
  referencing new table as added
  for each statement execute function safeband.count_listed();
create trigger count_changed after update on safeband.account_list
  referencing old table as gone new table as added
  for each statement execute function safeband.count_listed();
create trigger count_gone after delete on safeband.account_list
  referencing old table as gone
  for each statement execute function safeband.count_listed();

-- How far the list is: one row, which every server locks before it changes the list.
create table safeband.account_list_read (
  single boolean primary key default true check (single),
  -- False: servers still write the rows of all accounts for the first time.
  is_filled boolean not null default false,
  -- When a server last read which accounts changed, by its clock.
  read_at timestamptz,
  -- Places in the changes, by the clock of the database and by the event log. The next read begins at
  -- `since`, which is at least 30 s before the last one: a transaction may commit after a later one.
  since_at timestamptz,
  since_event bigint,
  last_at timestamptz,
  last_event bigint
);
insert into safeband.account_list_read default values;
