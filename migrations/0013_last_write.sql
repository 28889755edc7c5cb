-- What was committed, for a workflow that did not get the answer (R14). Each write of an account's
-- row has a number that the workflow chose, which only grows, and a mark of its content.

-- The number of the last write, and its mark: a write with the same number and another mark was
-- committed by a workflow task that was lost; a lower number comes late, and writes nothing.
alter table safeband.accounts add column last_write bigint not null default 0;
alter table safeband.accounts add column last_write_mark text;

-- The last run, and what it answered, written in its transaction: {runId, number, version, through,
-- at, answer}. `through`: the highest number of an entry that it saved.
alter table safeband.accounts add column last_run jsonb;
