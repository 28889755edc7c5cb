/**
 * What the HTTP status of any provider means for an InMail (R18). A provider with documented
 * error codes should have a table of its own, as `safeband/unipile` has: a status alone does not
 * show who refused.
 */
import { SendFailure, type Send } from './sendWithSlot.js';

/**
 * What an adapter of a provider offers: it makes the call to LinkedIn for one letter. The call
 * returns LinkedIn's ids as proof, or throws a `SendFailure`.
 */
export type Provider<Letter> = { readonly send: (letter: Letter) => Send };

/** The statuses of a server that refused the request and passed nothing on. */
const REFUSED: readonly number[] = [
  400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 414, 415, 422,
];

export type AnswerOf = {
  readonly status: number;
  /** The header `Retry-After`, as it came. */
  readonly retryAfter?: string | null;
  /**
   * Who sets the limit of a 429. `provider`: the provider refused one of its own calls, and
   * LinkedIn did not see it; this is the default. `linkedin`: LinkedIn slows the account down.
   */
  readonly limitOf?: 'provider' | 'linkedin';
};

/**
 * Returns the failure of an answer that is not a success, from its status only. A 429 of the
 * provider's own limit does not start a cooldown of the account: nothing reached LinkedIn. A status
 * that does not exclude a delivery is `unknown`, which spends the slot.
 */
export function failureOfStatus(
  { status, retryAfter = null, limitOf = 'provider' }: AnswerOf,
  now: number = Date.now(),
): SendFailure {
  const pause = secondsIn(retryAfter, now);
  const why = `HTTP ${status}`;
  if (status === 429 && limitOf === 'linkedin') return new SendFailure('throttled', why, pause);
  if (status === 429) return new SendFailure('not_attempted', why, pause);
  return new SendFailure(REFUSED.includes(status) ? 'rejected' : 'unknown', why, pause);
}

/** Reads a Retry-After: seconds, or a date (RFC 9110, 10.2.3); undefined if it is neither. */
export function secondsIn(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1_000));
}

/** Errors of Node before a connection exists: no byte of the request was sent. */
const NOT_CONNECTED: readonly unknown[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];

/** Returns the failure of a `fetch` that got no answer. Its text contains no header and no body. */
export function failureOfFetch(error: unknown): SendFailure {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const why = typeof code === 'string' ? code : 'cut off';
  return NOT_CONNECTED.includes(code)
    ? new SendFailure('not_attempted', `the provider cannot be reached: ${why}`)
    : new SendFailure('unknown', `no answer: ${why}`);
}
