/** Reads the status of an account for servers: HTTP and pages (R17). */
import { SafebandError, type SafebandClient } from '../client/index.js';
import type { Instant } from '../domain/primitives/time.js';
import type { Pool } from '../postgres/pool.js';
import {
  askStatus,
  readStatusWith,
  type Answered,
  type StatusRead,
  type Unanswered,
} from './readStatus.js';

/** How long the workflow may take to answer before Postgres is read. */
export const QUERY_MS = 2_000;

type Needs = {
  readonly client: Pick<SafebandClient, 'status'>;
  readonly pool: Pool;
  readonly now: () => Instant;
};

export class StatusReader {
  readonly #needs: Needs;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Returns one consistent read. Throws `AccountUnknown`, and the errors of Postgres. */
  async read(accountId: string): Promise<StatusRead> {
    const { client, now } = this.#needs;
    const answer = await askStatus(() => client.status(accountId, QUERY_MS), now);
    const read = await this.readWith(accountId, answer);
    if (read) return read;
    throw new SafebandError('AccountUnknown', `account ${accountId} has no row`);
  }

  /** Returns the read with an answer that the caller has; undefined: no such account. */
  readWith(accountId: string, answer: Answered | Unanswered): Promise<StatusRead | undefined> {
    return readStatusWith(this.#needs.pool, accountId, answer, this.#needs.now());
  }
}
