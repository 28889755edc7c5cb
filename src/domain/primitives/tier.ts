/**
 * LinkedIn's four kinds of account and how many InMails a day are known to be safe for each (R10).
 */
export const TIERS = ['free', 'premium', 'sales_navigator', 'recruiter'] as const;
export type Tier = (typeof TIERS)[number];

/** InMails a UTC day. A customer may lower this number for an account, never raise it. */
export const SAFE_BAND: Readonly<Record<Tier, number>> = {
  free: 0,
  premium: 25,
  sales_navigator: 50,
  recruiter: 50,
};

/** LinkedIn's names of the tiers. */
export const TIER_WORDS: Readonly<Record<Tier, string>> = {
  free: 'Free',
  premium: 'Premium',
  sales_navigator: 'Sales Navigator',
  recruiter: 'Recruiter',
};

export const isTier = (raw: unknown): raw is Tier => TIERS.some((tier) => tier === raw);
