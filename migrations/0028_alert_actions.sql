-- People acknowledge and close alerts: an alert has an id, an age, and a trace of who did what.

alter table safeband.alerts
  add column alert_id bigint generated always as identity,
  -- When it opened. `raised_at` is its last report, and a reconcile may move it every ten minutes.
  add column opened_at timestamptz,
  -- A person works on it, until it opens again or its severity rises.
  add column acknowledged_at timestamptz;
update safeband.alerts set opened_at = raised_at;
alter table safeband.alerts alter column opened_at set not null;
alter table safeband.alerts add constraint alerts_alert_id_key unique (alert_id);
create index alerts_opened on safeband.alerts (opened_at desc, alert_id desc);

-- A trigger and not the statements that raise alerts, so that each of them, also of an older worker,
-- opens an alert in the same way. A closed alert that is raised again has been seen by nobody.
create function safeband.open_alert() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' or (old.resolved_at is not null and new.resolved_at is null) then
    new.opened_at := new.raised_at;
    new.acknowledged_at := null;
  elsif array_position(array['info', 'warning', 'critical'], new.severity)
      > array_position(array['info', 'warning', 'critical'], old.severity) then
    new.acknowledged_at := null;
  end if;
  return new;
end $$;
create trigger open_alert before insert or update on safeband.alerts
  for each row execute function safeband.open_alert();

-- Pages that show alerts are told of a change, as of a change of the account's row.
create trigger tell_change after insert or update on safeband.alerts
  for each row execute function safeband.tell_change();

-- One row for each act of a person, kept as long as the alert or longer.
create table safeband.alert_actions (
  action_id bigint generated always as identity primary key,
  alert_id bigint not null,
  action text not null check (action in ('acknowledged', 'closed')),
  actor text not null check (btrim(actor) <> ''),
  reason text not null check (btrim(reason) <> ''),
  at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index alert_actions_alert on safeband.alert_actions (alert_id, action_id desc);
create trigger append_only before update or delete on safeband.alert_actions
  for each row execute function safeband.refuse_change();
create trigger append_only_truncate before truncate on safeband.alert_actions
  for each statement execute function safeband.refuse_change();
alter table safeband.alert_actions enable always trigger append_only;
alter table safeband.alert_actions enable always trigger append_only_truncate;
