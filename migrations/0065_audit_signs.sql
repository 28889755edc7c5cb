-- When the audit has compared each sealed month with the event log, and with which result (R29). All
-- workers share the rows: one month is compared a day, and doctor shows whether this works. A row
-- has no reference to the seal: it shows that a seal existed that a person has deleted.
create table safeband.seal_comparisons (
  month date primary key check (extract(day from month) = 1),
  -- When the last comparison began.
  begun_at timestamptz not null,
  -- When the last comparison began that came to its end, and its result; null: none has.
  compared_at timestamptz,
  result text check (result in ('equal', 'differs', 'too_large')),
  check ((compared_at is null) = (result is null))
);

-- Since when accounts are started and no audit has written its heartbeat. If audits fail after each
-- start, starts must not show without limit that audits work (R8).
alter table safeband.recovery add column unreported_since timestamptz;
