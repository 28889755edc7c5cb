-- InMails that an account sent before it was connected: from LinkedIn's data export, or from the
-- table of another system. `is_counted` is false if the account had started before the import:
-- then only the recipient is remembered (R20), because its week is its own.
create table safeband.past_sends (
  account_id safeband.account_id not null,
  sent_at timestamptz not null,
  -- LinkedIn's id of the recipient in the spelling of the file, and the key by which it is found.
  recipient_id safeband.foreign_id,
  recipient_key text,
  -- Of the sends of one instant: 1, 2, and so on, so that a second import of a file adds none.
  place int not null check (place > 0),
  is_counted boolean not null,
  imported_by text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (account_id, sent_at, place)
);
create index past_sends_recipient on safeband.past_sends
  (recipient_key collate "C", account_id, sent_at) where recipient_key is not null;

-- The closed days before the account was connected, as rows of account_days.
create view safeband.past_days as
select account_id, safeband.utc_day(sent_at) as quota_day, count(*)::int as sent
  from safeband.past_sends where is_counted
 group by account_id, safeband.utc_day(sent_at);

-- A new account begins with these days: its week, its chart and its history are then true.
create function safeband.keep_past_days() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into safeband.account_days (account_id, quota_day, counter, delivered, uncertain,
      external, imported, unexplained, number)
  select account_id, quota_day, sent, 0, 0, 0, sent, 0, 0 from safeband.past_days
   where account_id = new.account_id and quota_day < new.counter_day
  on conflict do nothing;
  return null;
end $$;
create trigger keep_past_days after insert on safeband.accounts
  for each row execute function safeband.keep_past_days();
