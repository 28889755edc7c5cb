/**
 * The status of an account: its workflow's own, or, while that does not answer, what Postgres knows
 * (R17).
 */
import { createHash } from 'node:crypto';
import type { Static } from 'typebox';
import { SafebandError, type SafebandClient } from '../client/index.js';
import { REMEMBERED_DAYS, VERIFIED_MS } from '../domain/primitives/limits.js';
import { isoDay, isoInstant, isoOrNull, type Instant } from '../domain/primitives/time.js';
import { readOpen, type OpenItem } from '../postgres/read/lists.js';
import type { Pool } from '../postgres/pool.js';
import { capsOf, readStatus, type StatusRow } from '../postgres/read/reads.js';
import type { status } from './schemas/answers.js';

export type StatusAnswer = Static<typeof status>;

/** How long the workflow may take before Postgres is read. */
const QUERY_MS = 2_000;

export class StatusReader {
  readonly #client: SafebandClient;
  readonly #pool: Pool;
  readonly #now: () => Instant;

  constructor(needs: {
    readonly client: SafebandClient;
    readonly pool: Pool;
    readonly now: () => Instant;
  }) {
    this.#client = needs.client;
    this.#pool = needs.pool;
    this.#now = needs.now;
  }

  /** One consistent read. Throws `AccountUnknown`, and what Postgres throws. */
  async read(accountId: string): Promise<StatusAnswer> {
    try {
      const status = await this.#client.status(accountId, QUERY_MS);
      return { ...status, openReservations: [...status.openReservations], source: 'workflow' };
    } catch (error) {
      if (!(error instanceof SafebandError) || error.type !== 'Unavailable') throw error;
      return this.#fromPostgres(accountId);
    }
  }

  async #fromPostgres(accountId: string): Promise<StatusAnswer> {
    const at = this.#now();
    const row = await readStatus(this.#pool, accountId, at);
    if (!row) throw new SafebandError('AccountUnknown', `account ${accountId} has no row`);
    return statusOf(row, await readOpen(this.#pool, accountId, row.day - REMEMBERED_DAYS), at);
  }
}

/** The contract's status, as far as Postgres knows it. */
export function statusOf(row: StatusRow, open: readonly OpenItem[], at: Instant): StatusAnswer {
  const { inFlight, uncertain, delivered, external, imported, counter, carried } = row;
  return {
    accountId: row.accountId,
    asOf: isoInstant(at),
    state: row.state,
    tier: row.tier,
    quotaDay: isoDay(row.day),
    version: row.version,
    counter,
    inFlight,
    uncertain,
    delivered,
    external,
    imported,
    unexplained: counter - inFlight - uncertain - delivered - external - imported,
    carried,
    remaining: row.remaining,
    caps: capsOf(row),
    weekUsed: row.weekUsed,
    rampDay: row.rampDay,
    cooldown: row.cooldown && { ...row.cooldown, until: isoInstant(row.cooldown.until) },
    hold: row.hold && { ...row.hold, since: isoInstant(row.hold.since) },
    breakerUntil: isoOrNull(row.breakerUntil),
    lastReconciledAt: isoOrNull(row.lastCheckedAt),
    nextReconcileAt: null,
    verified: row.lastCheckedAt !== null && at - row.lastCheckedAt < VERIFIED_MS,
    unsaved: null,
    openReservations: [...open],
    source: 'postgres',
  };
}

/**
 * Weak, because `asOf` differs in each answer. The version alone will not do: cooldowns end and days
 * begin without a change, so it has a hash of all else.
 */
export function etagOf(status: StatusAnswer): string {
  const shown = JSON.stringify({ ...status, asOf: '' });
  const hash = createHash('sha256').update(shown).digest('base64url');
  return `W/"${status.version}-${hash.slice(0, 16)}"`;
}

/** Does the caller have that already. */
export const hasIt = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch !== undefined &&
  ifNoneMatch.split(',').some((one) => ['*', etag, etag.slice(2)].includes(one.trim()));
