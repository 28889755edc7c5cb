-- An erasure reaches the chats of a person whose reservations were deleted, too (R28, R29). The
-- event log has no recipient, so a deleted reservation leaves its chat here, until the erasure.

-- The recipient is deleted with the reservation. Its SHA-256 is enough to find the chats again.
create table safeband.recipient_chats (
  -- Of the search key, or the fingerprint itself, if the row had nothing else.
  recipient_hash bytea not null check (octet_length(recipient_hash) = 32),
  chat_id safeband.foreign_id not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (recipient_hash, chat_id)
);

-- The chats of deleted reservations; an attempt may have another chat than its reservation.
create function safeband.keep_reservation_chats() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into safeband.recipient_chats (recipient_hash, chat_id)
  select safeband.fingerprint(coalesce(g.recipient_key, g.recipient_id)), known.chat
    from gone g cross join lateral (
      select safeband.whole_chat(g.account_id, g.reservation_id, g.chat_id) as chat
      union select s.chat_id from safeband.send_attempts s
       where s.account_id = g.account_id and s.reservation_id = g.reservation_id) known
   where g.recipient_id not like 'erased:%' and known.chat not like 'erased:%'
  on conflict do nothing;
  return null;
end $$;
create trigger keep_reservation_chats after delete on safeband.reservations
  referencing old table as gone for each statement
  execute function safeband.keep_reservation_chats();

-- Attempts may be deleted earlier than their reservations.
create function safeband.keep_attempt_chats() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  insert into safeband.recipient_chats (recipient_hash, chat_id)
  select safeband.fingerprint(coalesce(r.recipient_key, r.recipient_id)), g.chat_id
    from gone g join safeband.reservations r using (account_id, reservation_id)
   where r.recipient_id not like 'erased:%' and g.chat_id not like 'erased:%'
     and g.chat_id is distinct from r.chat_id
  on conflict do nothing;
  return null;
end $$;
create trigger keep_attempt_chats after delete on safeband.send_attempts
  referencing old table as gone for each statement
  execute function safeband.keep_attempt_chats();

-- Reservations of days before it were deleted without their chats: only a person can name these.
alter table safeband.retention add column unlinked_before timestamptz;
update safeband.retention set unlinked_before = pruned_before
 where relation = 'reservations' and pruned_rows > 0;
