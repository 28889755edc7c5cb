-- An erasure finds ids in the details of access changes, too, and workers may seal months (R29).

create function safeband.refuse_access_change() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and safeband.is_erasing()
    and to_jsonb(new) - 'details' = to_jsonb(old) - 'details' then
    return new;
  end if;
  raise exception 'safeband.% is append-only: % is refused', tg_table_name, tg_op
    using errcode = 'restrict_violation';
end $$;
drop trigger append_only on safeband.access_changes;
create trigger append_only before update or delete on safeband.access_changes
  for each row execute function safeband.refuse_access_change();
alter table safeband.access_changes enable always trigger append_only;

-- The days of a month are written while its rows are read, and the seal, which has their hash, last.
alter table safeband.event_seal_days alter constraint event_seal_days_month_fkey
  deferrable initially deferred;
