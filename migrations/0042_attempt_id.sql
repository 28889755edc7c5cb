-- The caller's own id of an attempt over HTTP. A repeat of the request with the same id is the same
-- caller, whose first answer was lost (R18).
alter table safeband.send_attempts
  add column attempt_id text check (length(attempt_id) between 1 and 128);
