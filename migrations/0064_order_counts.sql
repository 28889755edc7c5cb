-- The triggers of lists and orders write with the rights of their owner, and each count once.

-- Reason for the owner's rights: a login that may write an entry, or an outcome, needs no right on
-- the tables of these triggers. It had none until roles.sql ran, so it could not note an outcome.
create or replace function safeband.name_listed() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into safeband.account_names (account_id) select account_id from added;
  return null;
end $$;

-- Reason for one statement: all connections lock the counts in the same order. Two statements
-- locked the old outcome before the new one, so a worker that noted an outcome and a person who
-- took one back could wait for each other. A change of the error alone locks no count.
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
      select order_id, coalesce(outcome, 'left'), pg_backend_pid() % 16, -count(*)
        from gone group by 1, 2 order by 1, 2
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
