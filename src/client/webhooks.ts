/**
 * Verifies webhook requests for a receiver, as docs/webhooks.md describes. The
 * scheme is that of Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, in base64, under `v1`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Maximum difference between the timestamp of a request and the receiver's clock. */
const TOLERANCE_SECONDS = 300;
const PREFIX = 'whsec_';
/** Minimum length of a key in bytes: shorter keys can be guessed. */
const KEY_BYTES_MIN = 24;

type HeaderGetter = { readonly get: (name: string) => string | null };
type HeaderRecord = { readonly [name: string]: string | readonly string[] | undefined };
/** Node's `request.headers`, or a `Headers`. */
export type WebhookHeaders = HeaderRecord | HeaderGetter;

export type WebhookPayload = {
  /** The same in each attempt, and in `webhook-id`, so that a receiver handles each event once. */
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  /** Null: a ping, or an event of the brake. */
  readonly accountId: string | null;
  /**
   * The group of the account when the event was written, or that of the brake; null: none, or a
   * brake of all accounts.
   */
  readonly group: string | null;
  readonly data: { readonly [name: string]: unknown };
};

export type WebhookFlaw = 'header_missing' | 'too_old' | 'too_new' | 'signature';

/** A request that is not from Safeband, or not recent. Answer it with 400 or 401. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';
  readonly reason: WebhookFlaw;

  constructor(reason: WebhookFlaw, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Returns the bytes of a secret. Throws a RangeError if it is not a secret. */
function keyOf(secret: string): Buffer {
  const key = Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '', 'base64');
  if (key.length < KEY_BYTES_MIN) {
    throw new RangeError(
      `a webhook secret should be ${PREFIX} followed by the base64 of at least 24 bytes`,
    );
  }
  return key;
}

type Body = string | Uint8Array;

/** Returns the signature of a request, with its version: `v1,<base64>`. `sentAt` is in seconds. */
export function signWebhook(
  { id, sentAt, body }: { readonly id: string; readonly sentAt: number; readonly body: Body },
  secret: string,
): string {
  const mac = createHmac('sha256', keyOf(secret)).update(`${id}.${sentAt}.`).update(body);
  return `v1,${mac.digest('base64')}`;
}

const isGetter = (headers: WebhookHeaders): headers is HeaderGetter =>
  'get' in headers && typeof headers.get === 'function';

function headerOf(headers: WebhookHeaders, name: string): string {
  const found = isGetter(headers) ? headers.get(name) : headers[name];
  if (typeof found === 'string' && found !== '') return found;
  throw new WebhookRefused('header_missing', `the header ${name} is missing or repeated`);
}

export type VerifyOptions = {
  readonly toleranceSeconds?: number;
  /** The receiver's clock, in ms; for tests. */
  readonly now?: number;
};

/**
 * Returns the payload of a request that is recent and signed with one of the secrets. Otherwise it
 * throws `WebhookRefused`, so that no payload can be read without the check. `rawBody` has the
 * bytes before any JSON is parsed. Compares in constant time. A recorded request that is repeated
 * at once passes: remember `id` for twice the tolerance, and handle each id once.
 */
export function verifyWebhook(
  headers: WebhookHeaders,
  rawBody: Body,
  secret: string | readonly string[],
  { toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() }: VerifyOptions = {},
): WebhookPayload {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const given = headerOf(headers, 'webhook-signature').split(' ');
  const sentAt = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN;
  const age = now / 1_000 - sentAt;
  // Also true for a timestamp that is not a number.
  if (!(age <= toleranceSeconds)) throw new WebhookRefused('too_old', 'it was sent too long ago');
  if (age < -toleranceSeconds) throw new WebhookRefused('too_new', 'it was sent in the future');
  const secrets = typeof secret === 'string' ? [secret] : secret;
  const expected = secrets.map((one) =>
    Buffer.from(signWebhook({ id, sentAt, body: rawBody }, one)),
  );
  if (!given.some((one) => expected.some((own) => isSame(Buffer.from(one), own)))) {
    throw new WebhookRefused('signature', 'no signature was made with a known secret');
  }
  const payload: WebhookPayload = JSON.parse(Buffer.from(rawBody).toString('utf8'));
  return payload;
}

const isSame = (given: Buffer, own: Buffer): boolean =>
  given.length === own.length && timingSafeEqual(given, own);
