/** Manual edits of each column of `safeband.accounts`, and their result. */

/**
 * Two values for each column of `richAccount`: a higher and a lower one, if the column has an order.
 * The next run writes the workflow's value back, and its correction names the column.
 */
export const HEALED: Readonly<Record<string, readonly [string, string]>> = {
  tier: [`'premium'`, `'recruiter'`],
  timezone: [`'Europe/Berlin'`, `'UTC'`],
  daily_cap: ['daily_cap + 1', 'daily_cap - 1'],
  weekly_cap: ['weekly_cap + 1', 'weekly_cap - 1'],
  ramp: [`'{1}'`, 'null'],
  sending_window: [`'{"days": ["mon"], "start": "09:00", "end": "10:00"}'`, 'null'],
  identity: [`'another member'`, 'null'],
  inmails_sent_today: ['inmails_sent_today + 4', 'inmails_sent_today - 2'],
  counter_day: ['counter_day + 1', 'counter_day - 1'],
  ramp_day: ['ramp_day + 1', 'ramp_day + 6'],
  ramp_day_next: ['ramp_day_next + 1', 'ramp_day_next - 1'],
  highest_cap: ['highest_cap + 9', 'highest_cap - 9'],
  cooled_at_counter: ['cooled_at_counter + 1', 'cooled_at_counter + 9'],
  state: [`'active'`, `'disconnected'`],
  cooldown_until: [`cooldown_until + interval '1 hour'`, `cooldown_until - interval '1 hour'`],
  cooldown_cause: [`'overshoot'`, `'two_owners'`],
  cooldowns: [`'[]'`, `'[{"until": 1, "cause": "throttled"}]'`],
  hold_reason: [`'none of yours'`, 'null'],
  hold_actor: [`'mallory'`, `'safeband'`],
  hold_since: [`hold_since + interval '1 hour'`, `hold_since - interval '1 hour'`],
  breaker_until: [`breaker_until + interval '1 day'`, 'null'],
  in_flight: ['in_flight + 1', 'in_flight + 7'],
  uncertain: ['uncertain + 1', 'uncertain - 1'],
  carried: ['carried + 1', 'carried + 2'],
  imported: ['imported + 1', 'imported - 1'],
  external: ['external + 1', 'external - 1'],
  unexplained: ['unexplained + 1', 'unexplained + 9'],
  credits_renew_on: ['5', '31'],
  pacing: [
    `'{"minGapSeconds": 5, "jitterPercent": 0, "perHour": null}'`,
    `'{"minGapSeconds": 60, "jitterPercent": 50, "perHour": 9}'`,
  ],
  recipient_memory_days: ['30', '365'],
  recipient_scope: [`'group'`, `lower('GROUP')`],
  velocity: [`'{"factor": 2, "floor": 5}'`, `'{"factor": 9, "floor": 50}'`],
  learnt_cap: ['true', 'not learnt_cap'],
  learnt: [
    `'{"cap": 1, "until": 20000, "next": 2}'`,
    `'{"cap": 49, "until": 20000, "next": null}'`,
  ],
  sent_days: [`'[{"day": 20000, "sent": 9}]'`, `'[]'`],
  campaigns: [`'[{"campaignId": "q4", "dailyCap": 9}]'`, `'[{"campaignId": "q5", "dailyCap": 0}]'`],
  group_name: [`'eu-sales'`, `'us-sales'`],
  mode: [`'shadow'`, `lower('SHADOW')`],
  credits: [
    `'{"observed": 9, "at": 1795510800000, "balance": 9}'`,
    `'{"observed": 0, "at": 1795510800000, "balance": -1}'`,
  ],
  updated_at: [`updated_at + interval '1 hour'`, `updated_at - interval '1 hour'`],
};
/** Columns that only a claim sets: the database does not take a manual value. */
export const KEPT: readonly string[] = ['owner_version'];
/** Columns of the second writer (R14). The database refuses to change an id that has rows. */
export const STOPS: readonly string[] = ['account_id', 'owner', 'version'];
/** Columns of the member, which a start writes: a manual value stays until the next start. */
export const COMPARED: readonly string[] = [
  'identity_normal',
  'identity_number',
  'identity_compared',
];
/** Records of edits, runs and saves. No number and no policy depends on them. */
export const BOOKKEEPING: readonly string[] = [
  'recorded_at',
  'last_checked_at',
  'is_edited',
  'edits',
  'saved_row',
  'hot_since',
  'last_write',
  'last_write_mark',
  'last_run',
  'saved_run_id',
  'run_id',
  'run_events',
];
