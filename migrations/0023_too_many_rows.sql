-- An account with more rows than it can carry is held, with an alert of its own.
alter table safeband.alerts drop constraint alerts_kind_check;
alter table safeband.alerts add constraint alerts_kind_check
  check (kind in ('drift', 'over_cap', 'undercount', 'bad_signal',
    'chat_id_missing', 'chat_id_taken', 'double_send', 'late_delivery', 'ambiguous_observed',
    'old_id', 'unclean_end', 'two_owners', 'identity_in_use', 'refused_row', 'run_overdue',
    'workflow_missing', 'clock_skew', 'cap_lowered', 'reply_failed', 'restricted',
    'tasks_failing', 'too_many_rows'));

-- A webhook says why the account was held, likewise.
do $$
begin
  execute replace(
    pg_catalog.pg_get_functiondef(
      'safeband.tell_changes(safeband.accounts, safeband.accounts, boolean)'::regprocedure),
    'then ''restricted''',
    'then ''restricted''
            when new.hold_reason like ''too many rows%'' then ''too_many_rows''');
end $$;
