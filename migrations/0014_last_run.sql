-- Where the history of an account's workflow goes on beyond its rows (R13): after a terminate, the
-- next start reads what was answered and not saved.
--   saved_run_id   the Temporal run whose last save left nothing unsaved: reading begins with it
--   run_id         the Temporal run that wrote this row last
--   run_events     how many events of that run's history were known to it then
alter table safeband.accounts
  add column saved_run_id text,
  add column run_id text,
  add column run_events integer;
