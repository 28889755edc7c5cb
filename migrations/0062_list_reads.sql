-- Reads of a large fleet that have an index: a search, the order by the last check, and the counts
-- of orders.

-- The time of a row alone; a page adds the last audit, which is one time for all.
create index account_list_checked
  on safeband.account_list (coalesce(checked_at, '-infinity'), account_id);
create index account_list_disconnected
  on safeband.account_list (coalesce(checked_at, '-infinity'), account_id)
  where state = 'disconnected';

-- Every part of an id that has three characters: a search text of three or more has only such parts.
create function safeband.parts_of_id(id text) returns text[]
  language sql immutable parallel safe strict as $$
  select coalesce(array_agg(substr(lower(id collate "C"), n, 3)), '{}')
    from generate_series(1, length(id) - 2) n
$$;
-- The ids of the list. Reason for a table of its own: each change of a row writes all indexes of its
-- table again, and this index has an entry for each part of an id.
create table safeband.account_names (
  account_id safeband.account_id primary key
    references safeband.account_list on delete cascade,
  parts text[] not null generated always as (safeband.parts_of_id(account_id::text)) stored
);
create index account_names_parts on safeband.account_names
  using gin (parts) with (fastupdate = off);

create function safeband.name_listed() returns trigger language plpgsql as $$
begin
  insert into safeband.account_names (account_id) select account_id from added;
  return null;
end $$;
create trigger name_added after insert on safeband.account_list
  referencing new table as added
  for each statement execute function safeband.name_listed();
insert into safeband.account_names (account_id) select account_id from safeband.account_list;

-- The accounts of each order by their outcome, so that no page counts them.
create table safeband.order_counts (
  order_id text not null references safeband.orders on delete cascade,
  outcome text not null check (outcome in ('done', 'unchanged', 'failed', 'left')),
  -- Connections that decide accounts at the same time do not wait for each other's row. A part may
  -- be below 0; the sum is not.
  part smallint not null,
  accounts int not null,
  primary key (order_id, outcome, part)
);

create function safeband.count_ordered() returns trigger language plpgsql as $$
begin
  if tg_op in ('UPDATE', 'DELETE') then
    insert into safeband.order_counts as c
      select order_id, coalesce(outcome, 'left'), pg_backend_pid() % 16, -count(*)
        from gone group by 1, 2 order by 1, 2
    on conflict (order_id, outcome, part) do update set accounts = c.accounts + excluded.accounts;
  end if;
  if tg_op in ('INSERT', 'UPDATE') then
    insert into safeband.order_counts as c
      select order_id, coalesce(outcome, 'left'), pg_backend_pid() % 16, count(*)
        from added group by 1, 2 order by 1, 2
    on conflict (order_id, outcome, part) do update set accounts = c.accounts + excluded.accounts;
  end if;
  return null;
end $$;
create trigger count_added after insert on safeband.order_accounts
  referencing new table as added
  for each statement execute function safeband.count_ordered();
create trigger count_changed after update on safeband.order_accounts
  referencing old table as gone new table as added
  for each statement execute function safeband.count_ordered();
create trigger count_gone after delete on safeband.order_accounts
  referencing old table as gone
  for each statement execute function safeband.count_ordered();
insert into safeband.order_counts
  select order_id, coalesce(outcome, 'left'), 0, count(*) from safeband.order_accounts group by 1, 2;
