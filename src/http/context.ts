/** The parts that the server needs, and the parts that each plugin gets. */
import type { FastifyBaseLogger } from 'fastify';
import type { PayloadCodec } from '@temporalio/common';
import type { SafebandClient } from '../client/index.js';
import type { Instant } from '../domain/primitives/time.js';
import type { ErasureKey } from '../postgres/data/erasureKey.js';
import type { Pool } from '../postgres/pool.js';
import type { Keyring } from './access/keyring.js';
import type { Limits } from './plumbing/limits.js';
import type { Live } from './live/live.js';
import type { AccountList } from './pages/accounts/accountList.js';
import type { Operations } from './operations/operations.js';
import type { UnipileLink } from './providers/unipileOrders.js';
import type { StatusReader } from '../status/statusReader.js';

export type Needs = {
  /**
   * Made with `rememberDenialsMs: 0`, because other programs change the accounts too, and with
   * `isKnown`, so that a report for a mistyped account is refused.
   */
  readonly client: SafebandClient;
  readonly pool: Pool;
  /** For the connection that listens to changes; separate if `pool` goes through a pooler. */
  readonly listeningPool?: Pool | undefined;
  readonly logger: FastifyBaseLogger;
  readonly now: () => Instant;
  /** The address of workflows in the Temporal UI: `http://127.0.0.1:8233/namespaces/default`. */
  readonly temporalUiUrl: string | null;
  /** Limits that replace the defaults. */
  readonly limits?: Partial<Limits>;
  readonly operations: Operations;
  /** The codec of encrypted payloads; null if there are no keys. */
  readonly codec?: PayloadCodec | null;
  /** True if the workflow of the account has ended; it still answers with its last state. */
  readonly hasEnded?: (accountId: string) => Promise<boolean>;
  /** Starts the workflow of an order on many accounts (R30). */
  readonly startOrder?: (orderId: string) => Promise<void>;
  /** The address of the runbook for other programs; null: the runbook of this server. */
  readonly runbookUrl?: string | null;
  /** The address of this server for people, in links; null: the address of the request. */
  readonly publicUrl?: string | null;
  /** The prefix of workflow ids that `replyTo` may name; null refuses every `replyTo`. */
  readonly replyPrefix?: string | null;
  /** Erases persons (R29), with a login that owns the tables; null: the server erases no person. */
  readonly erasure?: { readonly pool: () => Pool; readonly key: ErasureKey } | null;
  /** The webhooks of Unipile; null: the server takes none. */
  readonly unipile?: UnipileLink | null;
  /** The proxies whose header with the client's address is trusted. */
  readonly trustProxy?: boolean | string;
};
/** The parts that each plugin gets. */
export type Parts = Needs & {
  readonly keyring: Keyring;
  readonly statuses: StatusReader;
  readonly live: Live;
  /** Selects accounts for pages and lists. */
  readonly list: AccountList;
};
