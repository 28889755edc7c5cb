-- A workflow carries LinkedIn's ids of more than 64 bytes as fingerprints: `sha256:` and the digest
-- as base64. Rows keep the id itself: where a row is written that has the fingerprint only, the id
-- is looked up in the account's own rows. A proof that is reported once in full and once by its
-- fingerprint is one proof.

create or replace function safeband.fingerprint(id text) returns bytea
  language sql immutable strict parallel safe as $$
  select case when id ~ '^sha256:[A-Za-z0-9+/]{43}=$'
    then pg_catalog.decode(pg_catalog.substr(id, 8), 'base64')
    else pg_catalog.sha256(pg_catalog.convert_to(id, 'UTF8')) end
$$;

-- Returns `known` where `id` is its fingerprint, else null.
create function safeband.whole_of(id text, known text) returns text
  language sql immutable parallel safe as $$
  select case when safeband.fingerprint(id) = safeband.fingerprint(known) then known end
$$;

-- Returns the recipient in full, as far as the reservation's own row has it.
create function safeband.whole_recipient(account text, reservation text, id text) returns text
  language sql stable parallel safe as $$
  select case when id like 'sha256:%' then coalesce(
    (select safeband.whole_of(id, r.recipient_id) from safeband.reservations r
      where r.account_id = account and r.reservation_id = reservation), id) else id end
$$;

-- Returns the chat in full, as far as the reservation, its journal or the event log has it.
create function safeband.whole_chat(account text, reservation text, id text) returns text
  language sql stable parallel safe as $$
  select case when id like 'sha256:%' then coalesce(
    (select safeband.whole_of(id, r.chat_id) from safeband.reservations r
      where r.account_id = account and r.reservation_id = reservation),
    (select safeband.whole_of(id, a.chat_id) from safeband.send_attempts a
      where a.account_id = account and a.reservation_id = reservation),
    (select e.chat_id::text from safeband.inmail_events e
      where e.account_id = account
        and safeband.fingerprint(e.chat_id) = safeband.fingerprint(id) limit 1),
    id) else id end
$$;

-- Returns the message in full, likewise; `chat` says in which part of the log to look.
create function safeband.whole_message(account text, reservation text, chat text, id text)
  returns text
  language sql stable parallel safe as $$
  select case when id like 'sha256:%' then coalesce(
    (select safeband.whole_of(id, r.message_id) from safeband.reservations r
      where r.account_id = account and r.reservation_id = reservation),
    (select safeband.whole_of(id, a.message_id) from safeband.send_attempts a
      where a.account_id = account and a.reservation_id = reservation),
    (select e.message_id::text from safeband.inmail_events e
      where e.account_id = account
        and safeband.fingerprint(e.chat_id) = safeband.fingerprint(chat)
        and safeband.fingerprint(coalesce(e.message_id, '')) = safeband.fingerprint(id) limit 1),
    id) else id end
$$;
