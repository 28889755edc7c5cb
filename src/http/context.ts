/** What the server needs, and what each of its plugins is given. */
import type { FastifyBaseLogger } from 'fastify';
import type { PayloadCodec } from '@temporalio/common';
import type { SafebandClient } from '../client/index.js';
import type { Instant } from '../domain/primitives/time.js';
import type { Pool } from '../postgres/pool.js';
import type { Keyring } from './access/keyring.js';
import type { Limits } from './plumbing/limits.js';
import type { Live } from './live/live.js';
import type { Operations } from './operations/operations.js';
import type { StatusReader } from '../status/statusReader.js';

export type Needs = {
  /**
   * Made with `rememberDenialsMs: 0`, because others change the accounts too, and with `isKnown`, so
   * that a report for a mistyped account is refused.
   */
  readonly client: SafebandClient;
  readonly pool: Pool;
  /** For the connection that hears of changes; its own, where a pooler is in front of the other. */
  readonly listeningPool?: Pool | undefined;
  readonly logger: FastifyBaseLogger;
  readonly now: () => Instant;
  /** Where the Temporal UI shows workflows, such as `http://127.0.0.1:8233/namespaces/default`. */
  readonly temporalUiUrl: string | null;
  /** Other limits than usual. */
  readonly limits?: Partial<Limits>;
  readonly operations: Operations;
  /** Of encrypted payloads; null: there are no keys, so nobody asks. */
  readonly codec?: PayloadCodec | null;
  /** What ids of workflows begin with that `replyTo` may name; null: none, so it is refused. */
  readonly replyPrefix?: string | null;
  /** Whom to believe where a request came from: the proxies in front. */
  readonly trustProxy?: boolean | string;
};
/** What a plugin gets: the same, with the parts that all of them share. */
export type Parts = Needs & {
  readonly keyring: Keyring;
  readonly statuses: StatusReader;
  readonly live: Live;
};
