-- A person who acknowledges `log_altered` has read the differences that the month had then (R29).
-- Other differences of the same month are news: no person works on them, so people are called
-- again. `details` has the mark of all differences of the month; only `log_altered` has a mark.

create or replace function safeband.open_alert() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' or (old.resolved_at is not null and new.resolved_at is null) then
    new.opened_at := new.raised_at;
    new.acknowledged_at := null;
  elsif array_position(array['info', 'warning', 'critical'], new.severity)
      > array_position(array['info', 'warning', 'critical'], old.severity)
    or new.details->>'mark' <> coalesce(old.details->>'mark', '') then
    new.acknowledged_at := null;
  end if;
  return new;
end $$;

drop trigger tell_alert on safeband.alerts;
-- A further report of an open alert is no news, unless its severity has risen, or the differences
-- of its month are others.
create constraint trigger tell_alert after update on safeband.alerts
  deferrable initially deferred for each row
  when ((new.resolved_at is null) <> (old.resolved_at is null)
    or (new.resolved_at is null
      and (array_position(array['info', 'warning', 'critical'], new.severity)
          > array_position(array['info', 'warning', 'critical'], old.severity)
        or new.details->>'mark' <> coalesce(old.details->>'mark', ''))))
  execute function safeband.tell_alert();
