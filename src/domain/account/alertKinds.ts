/** The closed list of alerts, for people to check (docs/contract.md, 2). */
export const ALERT_KINDS = [
  'drift',
  'over_cap',
  'undercount',
  'bad_signal',
  'chat_id_missing',
  'chat_id_taken',
  'double_send',
  'late_delivery',
  'ambiguous_observed',
  'old_id',
  'unclean_end',
  'two_owners',
  'identity_in_use',
  'refused_row',
  'run_overdue',
  'workflow_missing',
  'clock_skew',
  'cap_lowered',
  'reply_failed',
  'restricted',
  'tasks_failing',
  'too_many_rows',
  'log_altered',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];
/** The severities, the least urgent first. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];
/** The same, for lists that people read. */
export const BY_URGENCY: readonly Severity[] = SEVERITIES.toReversed();
