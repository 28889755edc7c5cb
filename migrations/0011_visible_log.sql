-- The audit counts a day of the event log from its index alone, which takes pages that a vacuum has
-- found visible to all. Postgres vacuums a table that only grows once a fifth of it is new: for a
-- log of months that is weeks, and today is what the audit reads. A vacuum looks at new pages only.
alter table safeband.inmail_events
  set (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 10000);
