/** Every limit of the HTTP server, with its unit and its reason. */
import { SECOND_MS } from '../../domain/primitives/time.js';

export const LIMITS = {
  /** A batch of 200 full requests is 120 KiB. */
  bodyBytes: 256 * 1_024,
  /** How long a request may take to arrive, so that slow clients hold no connection. */
  requestMs: 15 * SECOND_MS,
  /** How often the server looks for slow requests. */
  checkMs: SECOND_MS,
  /** How long a connection may be idle; longer than any answer, and than two heartbeats. */
  connectionMs: 60 * SECOND_MS,
  keepAliveMs: 72 * SECOND_MS,
  headerBytes: 16 * 1_024,
  /** Longer than any id, so that a long id is refused as an id and not as a missing route. */
  paramChars: 2_000,
  /** The deepest JSON of the contract has 4 levels. */
  jsonDepth: 16,
  /** Requests per minute of one key, or of one address without a key. */
  requestsPerMinute: 6_000,
  /** Streams of all keys together, because each stream holds a connection. */
  streamsMax: 5_000,
  /** Streams of one key, so that no key uses all of them. */
  streamsPerKeyMax: 1_500,
  /** Unread bytes of a stream: a client that reads more slowly is disconnected, and reconnects. */
  streamBytes: 64 * 1_024,
  /** How often each stream gets a comment, so that it counts as alive, and its key is checked. */
  heartbeatMs: 15 * SECOND_MS,
};
export type Limits = typeof LIMITS;
