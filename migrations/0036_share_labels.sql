-- Links to accounts: a name that only operators see, and the deletion of links that ended long ago.

-- One line, as the server reads it (domain/primitives/text.ts).
alter table safeband.shares add column label text
  check (char_length(label) between 1 and 80 and label !~ '[[:cntrl:]]' and btrim(label) <> '');
create index shares_expiry on safeband.shares (expires_at);

-- The trace of a link is kept for ever, so it names the link as the list did.
create or replace function safeband.note_share() returns trigger language plpgsql
  set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'INSERT' or new.revoked_at is distinct from old.revoked_at then
    insert into safeband.access_changes (kind, actor, target, details)
    values (case when new.revoked_at is null then 'share_made' else 'share_revoked' end,
      coalesce(new.revoked_by, new.created_by), new.share_id,
      jsonb_strip_nulls(jsonb_build_object('accountId', new.account_id,
        'expiresAt', safeband.iso(new.expires_at), 'label', new.label)));
  end if;
  return null;
end $$;

-- The audit calls this once a day; it has no other right to links. A link of the last 30 days stays,
-- whatever a caller asks, and one call deletes a limited number, so that it never blocks for long.
create function safeband.prune_shares(at timestamptz, days integer default 90) returns bigint
  language sql security definer set search_path = pg_catalog, pg_temp as $$
  with gone as (
    delete from safeband.shares where share_number in (
      select share_number from safeband.shares
       where expires_at < at - greatest(days, 30) * interval '1 day'
       order by expires_at limit 10000)
    returning 1
  )
  select count(*) from gone
$$;
