-- Webhooks also tell the end of each state, the connect and disconnect of an account, and alerts.

alter table safeband.webhook_events drop constraint webhook_events_type_check;
alter table safeband.webhook_events add constraint webhook_events_type_check
  check (type in ('cooldown.started', 'cooldown.ended', 'drift.alert', 'account.connected',
    'account.disconnected', 'account.held', 'account.resumed', 'no_credits', 'credits.restored',
    'alert.raised', 'alert.resolved', 'reset.done', 'threshold.reached', 'ping'));

-- Credits come back with no write: the sender looks for renewal days that are over.
create index accounts_breaker on safeband.accounts (breaker_until)
  where breaker_until is not null;

-- The last event of an account decides what it was before a manual edit, as for a cooldown.
create function safeband.tell_hold(was safeband.accounts, new safeband.accounts)
  returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  since text := safeband.iso(was.hold_since);
begin
  if was.is_edited then
    select case when e.type = 'account.held' then e.key end into since
      from safeband.webhook_events e
     where coalesce(e.account_id, e.endpoint_id) = new.account_id
       and e.type in ('account.held', 'account.resumed')
     order by number desc limit 1;
  end if;
  if since is not distinct from safeband.iso(new.hold_since) then return; end if;
  if since is not null then
    -- A second hold changes nothing, so another hold means that the first has ended.
    perform safeband.tell_webhook(new.account_id, 'account.resumed', since,
      coalesce(new.hold_since, new.updated_at), jsonb_build_object('heldSince', since));
  end if;
  if new.hold_since is not null then
    -- What was written as the reason stays here: it may name somebody, or another account.
    perform safeband.tell_webhook(new.account_id, 'account.held', safeband.iso(new.hold_since),
      new.hold_since, jsonb_build_object(
        'by', case when new.hold_actor = 'safeband' then 'safeband' else 'operator' end,
        'reason', case when new.hold_actor = 'safeband' then
          case when new.hold_reason like 'restricted%' then 'restricted'
            when new.hold_reason like 'too many rows%' then 'too_many_rows'
            else 'identity_in_use' end end));
  end if;
end $$;

create function safeband.tell_breaker(was safeband.accounts, new safeband.accounts)
  returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  ends timestamptz := was.breaker_until;
  told record;
begin
  if was.is_edited then
    select * into told from safeband.told_last(new.account_id, '{no_credits, credits.restored}');
    ends := case when told.type = 'no_credits' then (told.data->>'until')::timestamptz end;
  end if;
  if ends is not distinct from new.breaker_until then return; end if;
  if ends <= new.updated_at then
    -- The row keeps an end for months: one from before the endpoints is no news, as for the sender.
    if ends > new.updated_at - interval '15 days'
      and ends > (select min(created_at) from safeband.webhook_endpoints) then
      perform safeband.tell_webhook(new.account_id, 'credits.restored', safeband.iso(ends), ends,
        jsonb_build_object('until', safeband.iso(ends)));
    end if;
  elsif ends is not null and coalesce(new.breaker_until <= new.updated_at, true) then
    perform safeband.tell_webhook(new.account_id, 'credits.restored',
      safeband.iso(ends) || ' ' || safeband.iso(new.updated_at), new.updated_at,
      jsonb_build_object('until', safeband.iso(ends)));
  end if;
  if new.breaker_until > new.updated_at then
    perform safeband.tell_webhook(new.account_id, 'no_credits',
      safeband.iso(new.breaker_until) || ' ' || safeband.iso(new.updated_at), new.updated_at,
      jsonb_build_object('until', safeband.iso(new.breaker_until)));
  end if;
end $$;

create function safeband.tell_connection(
  was safeband.accounts, new safeband.accounts, is_new boolean
) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  was_gone boolean := was.state = 'disconnected';
  told record;
begin
  if was.is_edited then
    select * into told
      from safeband.told_last(new.account_id, '{account.connected, account.disconnected}');
    was_gone := coalesce(told.type = 'account.disconnected', new.state = 'disconnected');
  end if;
  if new.state <> 'disconnected' and (is_new or was_gone) then
    perform safeband.tell_webhook(new.account_id, 'account.connected',
      safeband.iso(new.updated_at), new.updated_at,
      jsonb_build_object('tier', new.tier, 'reconnected', not is_new));
  elsif new.state = 'disconnected' and not is_new and not was_gone then
    perform safeband.tell_webhook(new.account_id, 'account.disconnected',
      safeband.iso(new.updated_at), new.updated_at,
      jsonb_build_object('inFlight', new.in_flight));
  end if;
end $$;

create or replace function safeband.tell_changes(
  was safeband.accounts, new safeband.accounts, is_new boolean
) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  perform safeband.tell_connection(was, new, is_new);
  if new.counter_day > was.counter_day then
    perform safeband.tell_webhook(new.account_id, 'reset.done',
      to_char(new.counter_day, 'YYYY-MM-DD'),
      new.updated_at, jsonb_build_object('quotaDay', new.counter_day,
        'previousQuotaDay', was.counter_day, 'carried', new.carried, 'rampDay', new.ramp_day));
  end if;
  if was.is_edited or new.cooldown_until is distinct from was.cooldown_until then
    perform safeband.tell_cooldown(was, new);
  end if;
  perform safeband.tell_hold(was, new);
  perform safeband.tell_breaker(was, new);
  perform safeband.tell_thresholds(was, new);
end $$;

-- Each first row tells that its account is connected; each later row also tells its end.
drop trigger tell_account_new on safeband.accounts;
create constraint trigger tell_account_new after insert on safeband.accounts
  deferrable initially deferred for each row execute function safeband.tell_account();
drop trigger tell_account on safeband.accounts;
create constraint trigger tell_account after update on safeband.accounts
  deferrable initially deferred for each row
  when (not new.is_edited and (old.is_edited
    or new.counter_day <> old.counter_day
    or new.inmails_sent_today + new.carried > old.inmails_sent_today + old.carried
    or new.cooldown_until is distinct from old.cooldown_until
    or new.hold_since is distinct from old.hold_since
    or new.breaker_until is distinct from old.breaker_until
    or (new.state = 'disconnected') <> (old.state = 'disconnected')
    or new.tier <> old.tier or new.daily_cap is distinct from old.daily_cap
    or new.weekly_cap is distinct from old.weekly_cap or new.ramp is distinct from old.ramp))
  execute function safeband.tell_account();

-- `details` stays here: it may name recipients, other accounts, or a text of a caller.
create function safeband.tell_alert() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  is_open boolean := new.resolved_at is null;
  at timestamptz := coalesce(new.resolved_at, new.raised_at);
  data jsonb := jsonb_build_object('alertId', new.alert_id, 'kind', new.kind,
    'severity', new.severity, 'quotaDay', new.quota_day, 'openedAt', safeband.iso(new.opened_at));
begin
  if not exists (select from safeband.webhook_endpoints) then return null; end if;
  if not is_open then
    data := data || jsonb_build_object('by', case when exists (
      select from safeband.alert_actions a
       where a.alert_id = new.alert_id and a.action = 'closed' and a.at = new.resolved_at)
      then 'operator' else 'safeband' end);
  end if;
  perform safeband.tell_webhook(new.account_id,
    case when is_open then 'alert.raised' else 'alert.resolved' end,
    new.alert_id || ' ' || new.severity || ' ' || safeband.iso(at), at, data);
  return null;
exception when others then
  raise warning 'safeband: an event of % was not written: %', new.account_id, sqlerrm;
  return null;
end $$;
-- At the end of the transaction: then the trace of the person who closed it is there as well.
create constraint trigger tell_alert_new after insert on safeband.alerts
  deferrable initially deferred for each row
  when (new.resolved_at is null)
  execute function safeband.tell_alert();
-- A further report of an open alert is no news, unless its severity has risen.
create constraint trigger tell_alert after update on safeband.alerts
  deferrable initially deferred for each row
  when ((new.resolved_at is null) <> (old.resolved_at is null)
    or (new.resolved_at is null
      and array_position(array['info', 'warning', 'critical'], new.severity)
        > array_position(array['info', 'warning', 'critical'], old.severity)))
  execute function safeband.tell_alert();
