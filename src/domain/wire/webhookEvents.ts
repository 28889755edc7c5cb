/**
 * Webhooks: what is told to the outside, in which shape, and when a try that failed is made again.
 * An endpoint hears its events in order, each at least once; a repeat has the same id.
 */
import {
  WEBHOOK_GIVE_UP_MS,
  WEBHOOK_RETRY_MAX_MS,
  WEBHOOK_RETRY_MS,
} from '../primitives/limits.js';
import { isoInstant, type Instant } from '../primitives/time.js';

/** What an endpoint may ask for. */
export const WEBHOOK_TYPES = [
  'cooldown.started',
  'cooldown.ended',
  'drift.alert',
  'account.held',
  'no_credits',
  'reset.done',
  'threshold.reached',
] as const;
export type WebhookType = (typeof WEBHOOK_TYPES)[number];

const TYPES: readonly string[] = WEBHOOK_TYPES;
export const isWebhookType = (raw: unknown): raw is WebhookType =>
  typeof raw === 'string' && TYPES.includes(raw);

/** One event as it is written down. */
export type WebhookEvent = {
  readonly eventId: string;
  readonly type: WebhookType | 'ping';
  /** Null: a ping. */
  readonly accountId: string | null;
  readonly at: Instant;
  readonly data: { readonly [name: string]: unknown };
};

/** The body that is sent and signed: the same bytes at each try. */
export const webhookBody = ({ eventId, type, accountId, at, data }: WebhookEvent): string =>
  JSON.stringify({ id: eventId, type, timestamp: isoInstant(at), accountId, data });

/**
 * How long after a failed try the next one is made, in ms: twice as long each time, up to
 * ten minutes, and spread over the second half of that. `attempt` counts from 1; `chance` is in
 * [0, 1).
 */
export function retryDelay(attempt: number, chance: number): number {
  const longest = Math.min(WEBHOOK_RETRY_MAX_MS, WEBHOOK_RETRY_MS * 2 ** (attempt - 1));
  return Math.round(longest / 2 + (longest / 2) * chance);
}

/** Nothing has been taken for so long that the endpoint is switched off. */
export const isGivenUp = (failingSince: Instant, at: Instant): boolean =>
  at - failingSince >= WEBHOOK_GIVE_UP_MS;

/** A secret that signs: the newest, and while its successor is being installed, the one before. */
export type WebhookSecret = { readonly secret: string; readonly until: Instant | null };

/** The secrets that sign at that instant, newest first. */
export const secretsAt = (secrets: readonly WebhookSecret[], at: Instant): readonly string[] =>
  secrets.filter(({ until }) => until === null || at < until).map(({ secret }) => secret);

/** Enough to tell one from another, and nothing to sign with. */
export const maskedSecret = (secret: string): string => `whsec_…${secret.slice(-4)}`;
