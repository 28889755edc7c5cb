-- A proof may be longer than an entry of an index may be (2,704 bytes): two ids of 512 characters
-- are up to 3,072. Such a delivery was refused, and with it all that its account had to save. The
-- proof stays unique by account, chat and message, told by what stands for each: always 32 bytes.

create function safeband.fingerprint(id text) returns bytea
  language sql immutable strict parallel safe as $$
  select pg_catalog.sha256(pg_catalog.convert_to(id, 'UTF8'))
$$;

drop index safeband.inmail_events_proof;
create unique index inmail_events_proof on safeband.inmail_events
  (account_id, safeband.fingerprint(chat_id), safeband.fingerprint(coalesce(message_id, '')));
