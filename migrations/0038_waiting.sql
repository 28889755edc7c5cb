-- The waiting line (R21): asks that wait in an account until the gate lets them pass, and what became
-- of them. A start reads those that still wait.
create table safeband.waiting (
  account_id safeband.account_id not null,
  reservation_id safeband.reservation_id not null,
  state text not null check (state in ('waiting', 'granted', 'denied', 'withdrawn')),
  campaign_id text,
  recipient_id safeband.foreign_id,
  lease_seconds int not null,
  journaled boolean not null,
  again boolean not null,
  priority smallint not null check (priority between 0 and 9),
  valid_until timestamptz not null,
  asked_at timestamptz not null,
  -- Why it waits; of a denied ask, why it was denied.
  reason text not null,
  reply_to jsonb,
  decided_at timestamptz,
  number bigint not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, reservation_id),
  check ((decided_at is null) = (state = 'waiting'))
);
create index waiting_open on safeband.waiting (account_id, asked_at, number) where state = 'waiting';
create index waiting_number on safeband.waiting (account_id, number desc);

alter table safeband.webhook_events drop constraint webhook_events_type_check;
alter table safeband.webhook_events add constraint webhook_events_type_check
  check (type in ('cooldown.started', 'cooldown.ended', 'drift.alert', 'account.connected',
    'account.disconnected', 'account.held', 'account.resumed', 'no_credits', 'credits.restored',
    'alert.raised', 'alert.resolved', 'reset.done', 'threshold.reached', 'slot.granted',
    'slot.expired', 'ping'));

-- The decision of an ask that waited is an event. The number of the row is part of its key, because
-- the same id may ask again after a denial.
create function safeband.tell_waiting() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  slot record;
begin
  if new.state = 'granted' then
    select r.quota_day, r.lease_expires_at into slot from safeband.reservations r
     where r.account_id = new.account_id and r.reservation_id = new.reservation_id;
    perform safeband.tell_webhook(new.account_id, 'slot.granted',
      new.reservation_id || ' ' || safeband.iso(new.asked_at), new.decided_at,
      jsonb_build_object('reservationId', new.reservation_id, 'campaignId', new.campaign_id,
        'quotaDay', slot.quota_day, 'leaseExpiresAt', safeband.iso(slot.lease_expires_at)));
  elsif new.state = 'denied' then
    perform safeband.tell_webhook(new.account_id, 'slot.expired',
      new.reservation_id || ' ' || safeband.iso(new.asked_at), new.decided_at,
      jsonb_build_object('reservationId', new.reservation_id, 'campaignId', new.campaign_id,
        'reason', new.reason));
  end if;
  return new;
end $$;
create trigger tell_waiting after insert or update on safeband.waiting
  for each row execute function safeband.tell_waiting();
