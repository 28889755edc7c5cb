/**
 * What a receiver of webhooks needs: the check of a request, as docs/webhooks.md tells it. The
 * scheme is that of Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, in base64, under `v1`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** A request whose timestamp is further from the receiver's clock than this is refused. */
const TOLERANCE_SECONDS = 300;
const PREFIX = 'whsec_';
/** Shorter keys can be guessed. */
const KEY_BYTES_MIN = 24;

type HeaderGetter = { readonly get: (name: string) => string | null };
type HeaderRecord = { readonly [name: string]: string | readonly string[] | undefined };
/** As Node's `request.headers`, or a `Headers`. */
export type WebhookHeaders = HeaderRecord | HeaderGetter;

export type WebhookPayload = {
  /** The same at each try, and in `webhook-id`: one that was handled before is not handled again. */
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly accountId: string | null;
  readonly data: { readonly [name: string]: unknown };
};

export type WebhookFlaw = 'header_missing' | 'too_old' | 'too_new' | 'signature';

/** Why a request is not from Safeband, or not from now. It is to be answered with 400 or 401. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';
  readonly reason: WebhookFlaw;

  constructor(reason: WebhookFlaw, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The bytes that a secret stands for. Throws a RangeError where it is none. */
function keyOf(secret: string): Buffer {
  const key = Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '', 'base64');
  if (key.length < KEY_BYTES_MIN) {
    throw new RangeError(`a webhook secret is ${PREFIX} and the base64 of 24 bytes or more`);
  }
  return key;
}

type Body = string | Uint8Array;

/** The signature of one request, with its version: `v1,<base64>`. `sentAt` is in whole seconds. */
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
  throw new WebhookRefused('header_missing', `the header ${name} is missing, or is there twice`);
}

export type VerifyOptions = {
  readonly toleranceSeconds?: number;
  /** The receiver's clock, in ms; for tests. */
  readonly now?: number;
};

/**
 * The payload of a request, if one of the secrets has signed it and it is fresh; else throws a
 * `WebhookRefused`, so that a payload cannot be read past the check. `rawBody`: the bytes as they
 * came, before any JSON is parsed. Compares in constant time. A fresh request that was recorded and
 * comes again passes: remember `id` for twice the tolerance, and handle each once.
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
  // Also where it is not a number.
  if (!(age <= toleranceSeconds)) throw new WebhookRefused('too_old', 'it was sent too long ago');
  if (age < -toleranceSeconds) throw new WebhookRefused('too_new', 'it was sent in the future');
  const secrets = typeof secret === 'string' ? [secret] : secret;
  const expected = secrets.map((one) =>
    Buffer.from(signWebhook({ id, sentAt, body: rawBody }, one)),
  );
  if (!given.some((one) => expected.some((own) => isSame(Buffer.from(one), own)))) {
    throw new WebhookRefused('signature', 'no signature is from a secret that is known here');
  }
  const payload: WebhookPayload = JSON.parse(Buffer.from(rawBody).toString('utf8'));
  return payload;
}

const isSame = (given: Buffer, own: Buffer): boolean =>
  given.length === own.length && timingSafeEqual(given, own);
