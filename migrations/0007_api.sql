-- The HTTP API: who may ask, who is logged in, what was answered, and who hears of a change.

-- Only a hash is kept. The key's secret is 256 random bits, so there is nothing to guess and no
-- dictionary to try: one SHA-256 is as safe as a slow hash, and takes no time from each request.
create table safeband.api_keys (
  -- The part of the key that is no secret: it finds the row.
  key_id text primary key check (key_id ~ '^[0-9a-f]{16}$'),
  -- The actor of what is changed with it.
  name text not null check (btrim(name) <> '' and char_length(name) <= 64),
  role text not null check (role in ('pipeline', 'reader', 'operator')),
  -- The accounts that it may know of; null: all.
  accounts text[],
  hash bytea not null check (octet_length(hash) = 32),
  created_at timestamptz not null default clock_timestamp(),
  revoked_at timestamptz,
  last_used_at timestamptz
);
-- A name says who it was: it is given again only after its key was revoked.
create unique index api_keys_name on safeband.api_keys (name) where revoked_at is null;

-- Log-ins of the dashboard. The token is 256 random bits, too.
create table safeband.sessions (
  hash bytea primary key check (octet_length(hash) = 32),
  key_id text not null references safeband.api_keys on delete cascade,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null
);
create index sessions_expired on safeband.sessions (expires_at);

-- Which ask an Idempotency-Key came with; what is answered is the account's own word, each time (R3).
create table safeband.idempotency (
  key_id text not null references safeband.api_keys on delete cascade,
  idempotency_key text not null,
  -- Of the route and the body: the same key with another ask is refused.
  fingerprint bytea not null,
  started_at timestamptz not null default clock_timestamp(),
  primary key (key_id, idempotency_key)
);
create index idempotency_age on safeband.idempotency (started_at);

-- Whoever listens hears which account's row was written, once that is committed.
create function safeband.tell_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('safeband_changes', new.account_id);
  return null;
end $$;
create trigger tell_change after insert or update on safeband.accounts
  for each row execute function safeband.tell_change();
