-- The trace of the brake (R27): one row for each brake. The brake itself is the memo of its
-- workflow, so that it also works while Postgres does not answer.
create table safeband.brakes (
  brake_id text primary key check (brake_id ~ '^[0-9a-f]{16}$'),
  -- Null: all accounts.
  group_name text check (length(group_name) between 1 and 64),
  engaged_at timestamptz not null,
  engaged_by text not null check (btrim(engaged_by) <> ''),
  engaged_reason text not null check (btrim(engaged_reason) <> ''),
  released_at timestamptz,
  released_by text check (btrim(released_by) <> ''),
  released_reason text check (btrim(released_reason) <> ''),
  constraint brakes_released check ((released_at is null) = (released_by is null)
    and (released_at is null) = (released_reason is null))
);
create index brakes_engaged on safeband.brakes (engaged_at desc);
