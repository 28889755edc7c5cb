/** The reasons to deny a reserve, in the order of the gate. */
export const DENIAL_REASONS = [
  'expired',
  'disconnected',
  'held',
  'no_credits',
  'cooldown',
  'unverified',
  'tier_has_no_inmail',
  'recipient_contacted',
  'campaign_cap',
  'weekly_cap',
  'ramp_cap',
  'velocity_cap',
  'learnt_cap',
  'daily_cap',
  'churn_cap',
  'outside_window',
  'paced',
] as const;
export type DenialReason = (typeof DENIAL_REASONS)[number];
export const isDenialReason = (raw: unknown): raw is DenialReason =>
  DENIAL_REASONS.some((reason) => reason === raw);
