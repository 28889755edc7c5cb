/**
 * Webhooks: which events Safeband sends, in which shape, and when it repeats a failed try. An
 * endpoint receives its events in order, each at least once; a repeat has the same id.
 */
import {
  WEBHOOK_GIVE_UP_MS,
  WEBHOOK_RETRY_MAX_MS,
  WEBHOOK_RETRY_MS,
} from '../primitives/limits.js';
import { isoInstant, type Instant } from '../primitives/time.js';

/** The types of events that an endpoint may ask for. */
export const WEBHOOK_TYPES = [
  'cooldown.started',
  'cooldown.ended',
  'account.held',
  'account.resumed',
  'no_credits',
  'credits.restored',
  'account.connected',
  'account.disconnected',
  'alert.raised',
  'alert.resolved',
  'drift.alert',
  'reset.done',
  'threshold.reached',
  'slot.granted',
  'slot.expired',
  'brake.engaged',
  'brake.released',
] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

const TYPES: readonly string[] = WEBHOOK_TYPES;
export const isWebhookType = (raw: unknown): raw is WebhookType =>
  typeof raw === 'string' && TYPES.includes(raw);

/** The formats of a body: an object for programs, or a message for people in Slack. */
export const WEBHOOK_FORMATS = ['json', 'slack'] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/** One event as Postgres stores it. */
export type WebhookEvent = {
  readonly eventId: string;
  readonly type: WebhookType | 'ping';
  /** Null: a ping, or an event of the brake (R27). */
  readonly accountId: string | null;
  /**
   * The group of the account when the event was written (R26), or that of the brake; null: none, a
   * ping, or a brake of all accounts.
   */
  readonly group: string | null;
  readonly at: Instant;
  readonly data: { readonly [name: string]: unknown };
};

/** The body that is sent and signed: the same bytes at each try. */
export const webhookBody = ({ eventId, type, accountId, group, at, data }: WebhookEvent): string =>
  JSON.stringify({ id: eventId, type, timestamp: isoInstant(at), accountId, group, data });

/**
 * Returns how long to wait after a failed try, in ms: twice as long each time, up to ten minutes,
 * and spread over the second half of that time. `attempt` counts from 1; `chance` is in [0, 1).
 */
export function retryDelay(attempt: number, chance: number): number {
  const longest = Math.min(WEBHOOK_RETRY_MAX_MS, WEBHOOK_RETRY_MS * 2 ** (attempt - 1));
  return Math.round(longest / 2 + (longest / 2) * chance);
}

/** True if the endpoint has accepted nothing for so long that it is switched off. */
export const isGivenUp = (failingSince: Instant, at: Instant): boolean =>
  at - failingSince >= WEBHOOK_GIVE_UP_MS;

/** A secret that signs: the newest, and until its end also the one that it replaces. */
export type WebhookSecret = { readonly secret: string; readonly until: Instant | null };

/** Returns the secrets that sign at that instant, newest first. */
export const secretsAt = (secrets: readonly WebhookSecret[], at: Instant): readonly string[] =>
  secrets.filter(({ until }) => until === null || at < until).map(({ secret }) => secret);

/** Returns enough to distinguish two secrets, and too little to sign with. */
export const maskedSecret = (secret: string): string => `whsec_…${secret.slice(-4)}`;
