-- Links that show one account to a person without a key (/s/…).

create table safeband.shares (
  share_number bigint generated always as identity unique,
  share_id text primary key check (share_id ~ '^[0-9a-f]{16}$'),
  account_id text not null,
  -- HMAC-SHA256 of id, account and expiry under the secret of the link, which is kept nowhere. So
  -- this row opens nothing, and a link whose account or expiry was changed here opens nothing.
  signature bytea not null check (octet_length(signature) = 32),
  created_by text not null check (btrim(created_by) <> ''),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  revoked_by text check (btrim(revoked_by) <> ''),
  -- To the minute, for people who ask whether the link is in use.
  last_opened_at timestamptz,
  constraint shares_life check (expires_at between created_at + interval '1 hour'
    and created_at + interval '90 days'),
  constraint shares_revoked check ((revoked_at is null) = (revoked_by is null))
);
create index shares_account on safeband.shares (account_id, share_number desc);

-- A revoke is final: no statement, also none that a person types, makes the link valid again.
create function safeband.keep_revoked() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at then
    raise exception 'share % is revoked permanently', old.share_id using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger keep_revoked before update on safeband.shares
  for each row execute function safeband.keep_revoked();
alter table safeband.shares enable always trigger keep_revoked;

alter table safeband.access_changes drop constraint access_changes_kind_check;
alter table safeband.access_changes add constraint access_changes_kind_check
  check (kind in ('login', 'key_made', 'key_revoked', 'webhook_added', 'webhook_changed',
    'webhook_removed', 'share_made', 'share_revoked'));

create function safeband.note_share() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' or new.revoked_at is distinct from old.revoked_at then
    insert into safeband.access_changes (kind, actor, target, details)
    values (case when new.revoked_at is null then 'share_made' else 'share_revoked' end,
      coalesce(new.revoked_by, new.created_by), new.share_id,
      jsonb_build_object('accountId', new.account_id, 'expiresAt', safeband.iso(new.expires_at)));
  end if;
  return null;
end $$;
create trigger note_share after insert or update of revoked_at on safeband.shares
  for each row execute function safeband.note_share();
alter table safeband.shares enable always trigger note_share;
