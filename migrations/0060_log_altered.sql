-- The audit compares sealed months with the event log, and alerts if a row differs (R29).
alter table safeband.alerts drop constraint alerts_kind_check;
alter table safeband.alerts add constraint alerts_kind_check
  check (kind in ('drift', 'over_cap', 'undercount', 'bad_signal',
    'chat_id_missing', 'chat_id_taken', 'double_send', 'late_delivery', 'ambiguous_observed',
    'old_id', 'unclean_end', 'two_owners', 'identity_in_use', 'refused_row', 'run_overdue',
    'workflow_missing', 'clock_skew', 'cap_lowered', 'reply_failed', 'restricted',
    'tasks_failing', 'too_many_rows', 'log_altered'));
