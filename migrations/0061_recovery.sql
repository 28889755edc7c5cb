-- How far the fleet audit has come with the accounts that had no workflow (R8, R13). It starts up to
-- 12 minutes long, and writes its heartbeat at the end: this row shows that it works.
create table safeband.recovery (
  is_only boolean primary key default true check (is_only),
  -- When the first of these accounts was found.
  began_at timestamptz not null,
  -- When the last of them was started.
  last_at timestamptz,
  started int not null check (started >= 0),
  missing int not null check (missing >= 0)
);
