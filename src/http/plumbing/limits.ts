/** Every number of the HTTP server, with its unit and its reason. */
import { SECOND_MS } from '../../domain/primitives/time.js';

export const LIMITS = {
  /** A batch of 200 full requests is 120 KiB. */
  bodyBytes: 256 * 1_024,
  /** A whole request must have come in by then: a slow sender holds no place. */
  requestMs: 15 * SECOND_MS,
  /** How often slow requests are looked for. */
  lookMs: SECOND_MS,
  /** A socket on which nothing moves; longer than any answer takes, and than two heartbeats. */
  connectionMs: 60 * SECOND_MS,
  keepAliveMs: 72 * SECOND_MS,
  headerBytes: 16 * 1_024,
  /** Longer than any id; what is longer is refused as an id, not as a missing route. */
  paramChars: 2_000,
  /** The deepest JSON of the contract has 4 levels. */
  jsonDepth: 16,
  /** Requests of one key, or of one address without a key, each minute. */
  requestsPerMinute: 6_000,
  /** Streams of all keys together: each holds a socket. */
  streamsMax: 5_000,
  /** No key alone takes all of them. */
  streamsPerKeyMax: 1_500,
  /** Unread bytes of a stream: whoever reads slower is dropped, and connects again. */
  streamBytes: 64 * 1_024,
  /** A comment in each stream, so that nobody takes it for dead; then keys are looked at, too. */
  heartbeatMs: 15 * SECOND_MS,
};
export type Limits = typeof LIMITS;
