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

/**
 * InMail credits a month, of LinkedIn's help pages ("InMail message credits and renewal process",
 * "Understand InMail credits in Sales Navigator"). A tier that has several plans at LinkedIn has the
 * credits of the smallest: Premium Career, and Recruiter Lite.
 */
export const CREDITS_A_MONTH: Readonly<Record<Tier, number>> = {
  free: 0,
  premium: 5,
  sales_navigator: 50,
  recruiter: 30,
};

/** Maximum monthly grants of InMail credits that an account keeps (R24). */
export const CREDIT_MONTHS_MAX = 3;
/** LinkedIn gives the credit of an InMail back if the recipient replies within these days. */
export const REPLY_REFUND_DAYS = 90;
/** Maximum balance of InMail credits that a caller may report. */
export const CREDITS_MAX = 100_000;

/** LinkedIn's names of the tiers. */
export const TIER_WORDS: Readonly<Record<Tier, string>> = {
  free: 'Free',
  premium: 'Premium',
  sales_navigator: 'Sales Navigator',
  recruiter: 'Recruiter',
};

export const isTier = (raw: unknown): raw is Tier => TIERS.some((tier) => tier === raw);
