/**
 * How long the rows of each table are kept (R28). A setting is a number of days or `forever`. The
 * statements that delete are in `migrations/0051_retention.sql`: they keep what a rule still needs,
 * whatever the setting.
 */

/** Days that rows are kept; null: permanently. */
export type KeptDays = number | null;
export type KeptGroup = 'heartbeats' | 'attempts' | 'reservations' | 'alerts' | 'changes';
export type Retention = Readonly<Record<KeptGroup, KeptDays>> & {
  /** True: only rows that `safeband export --record` wrote to a file are deleted. */
  readonly onlyExported: boolean;
  /** Days after the end of a month until the audit seals it (R29); null: a person seals. */
  readonly sealAfterDays: number | null;
};

type Group = {
  readonly setting: string;
  readonly days: number;
  /** The least days: what people may ask for (R17), and what rules read, is younger. */
  readonly least: number;
};
export const KEPT: Readonly<Record<KeptGroup, Group>> = {
  heartbeats: { setting: 'SAFEBAND_KEEP_HEARTBEATS_DAYS', days: 30, least: 7 },
  attempts: { setting: 'SAFEBAND_KEEP_ATTEMPTS_DAYS', days: 180, least: 40 },
  reservations: { setting: 'SAFEBAND_KEEP_RESERVATIONS_DAYS', days: 180, least: 100 },
  alerts: { setting: 'SAFEBAND_KEEP_ALERTS_DAYS', days: 400, least: 30 },
  changes: { setting: 'SAFEBAND_KEEP_CHANGES_DAYS', days: 400, least: 100 },
};
/** Maximum days of a setting: a hundred years. */
export const KEPT_DAYS_MAX = 36_500;

export const RETENTION_DEFAULT: Retention = {
  heartbeats: KEPT.heartbeats.days,
  attempts: KEPT.attempts.days,
  reservations: KEPT.reservations.days,
  alerts: KEPT.alerts.days,
  changes: KEPT.changes.days,
  onlyExported: false,
  sealAfterDays: null,
};

/** Bounds of the days after which the audit seals a month: late proofs have come by then. */
export const SEAL_AFTER = { least: 10, most: 365 } as const;

/**
 * The tables whose old rows are deleted, in the order of the audit: a correction names its
 * heartbeat, so it goes first.
 */
export const PRUNED = {
  corrections: 'changes',
  reconciler_runs: 'heartbeats',
  send_attempts: 'attempts',
  waiting: 'reservations',
  reservations: 'reservations',
  campaign_denials: 'reservations',
  past_sends: 'reservations',
  alerts: 'alerts',
  account_changes: 'changes',
  order_accounts: 'changes',
} as const satisfies Readonly<Record<string, KeptGroup>>;
export type PrunedTable = keyof typeof PRUNED;

export const isPruned = (table: string): table is PrunedTable => Object.hasOwn(PRUNED, table);
export const PRUNED_TABLES: readonly PrunedTable[] = Object.keys(PRUNED).filter(isPruned);

/** The tables that have a rule of their own, in words (docs/data.md). */
export const KEPT_OTHERWISE: Readonly<Record<string, string>> = {
  access_changes: 'permanently',
  account_counts: 'permanently',
  account_days: 'permanently',
  account_history: '90 days, and the last row of each account',
  account_list: 'as long as the account',
  account_list_read: 'permanently',
  account_names: 'as long as the account',
  accounts: 'permanently',
  alert_actions: 'as long as the alert',
  api_keys: 'permanently',
  brakes: 'permanently',
  erasures: 'permanently',
  event_seal_days: 'permanently',
  event_seals: 'permanently',
  group_recipients: 'as long as reservations, at least 367 days after their last use',
  group_reserves: 'as long as reservations, at least 367 days',
  groups: 'permanently',
  idempotency: '24 hours',
  identity_locks: 'permanently',
  inmail_events: 'permanently',
  migration_lock: 'permanently',
  order_counts: 'permanently',
  orders: 'permanently',
  recipient_chats: 'permanently, without the recipient: only its hash',
  recovery: 'permanently',
  replies: 'permanently',
  reservation_history: '90 days',
  retention: 'permanently',
  schema_migrations: 'permanently',
  seal_comparisons: 'permanently',
  sessions: 'until they end',
  shares: '90 days after their end',
  webhook_deliveries: '30 days',
  webhook_endpoints: 'until they are removed',
  webhook_events: '30 days',
  webhook_position_lock: 'permanently',
  webhook_sender_lock: 'permanently',
};

/** Returns how long rows are kept, in words. */
export const keptWords = (days: KeptDays): string =>
  days === null ? 'permanently' : `${days} days`;
