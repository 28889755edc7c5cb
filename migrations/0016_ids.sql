-- Names of accounts and reservations may begin with _ or -, too: about 3 % of the ids that Unipile
-- and nanoid make do. Every name that was allowed stays so, hence no row is checked again.

alter domain safeband.account_id drop constraint account_id_check;
alter domain safeband.account_id add constraint account_id_check
  check (value ~ '^[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}$') not valid;
alter domain safeband.reservation_id drop constraint reservation_id_check;
alter domain safeband.reservation_id add constraint reservation_id_check
  check (value ~ '^[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,127}$') not valid;

-- LinkedIn's restriction of an account is the one event before a ban: it raises an alert of its own.
alter table safeband.alerts drop constraint alerts_kind_check;
alter table safeband.alerts add constraint alerts_kind_check
  check (kind in ('drift', 'over_cap', 'undercount', 'bad_signal',
    'chat_id_missing', 'chat_id_taken', 'double_send', 'late_delivery', 'ambiguous_observed',
    'old_id', 'unclean_end', 'two_owners', 'identity_in_use', 'refused_row', 'run_overdue',
    'workflow_missing', 'clock_skew', 'cap_lowered', 'reply_failed', 'restricted'));
