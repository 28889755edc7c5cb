-- What a hand has changed in an account's row is told by a fingerprint of all its columns, written
-- by each save: whoever edits the row does not write it (R14).
create function safeband.account_fingerprint(a safeband.accounts) returns bytea
  language sql stable set timezone = 'UTC' as $$
  select pg_catalog.sha256(pg_catalog.convert_to(
    (pg_catalog.to_jsonb(a) - 'fingerprint' - 'recorded_at')::text, 'UTF8'))
$$;
alter table safeband.accounts add column fingerprint bytea;

-- A run that is tried again leaves one heal a day, and is found by its day.
alter table safeband.corrections add constraint corrections_once
  unique (account_id, run_id, quota_day);
