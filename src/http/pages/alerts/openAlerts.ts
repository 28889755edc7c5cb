/**
 * How many alerts are open, for the header of every page and the list of accounts. Cached in this
 * process: Postgres is read again after it reports a change, and at most once for all pages that
 * wait. If Postgres does not answer, pages show the last numbers.
 */
import { SECOND_MS, type Instant } from '../../../domain/primitives/time.js';
import { countOpenAlerts, type OpenCounts } from '../../../postgres/alerts/alerts.js';
import type { Pool } from '../../../postgres/pool.js';
import type { Caller } from '../../access/caller.js';
import { maySee } from '../../access/caller.js';
import { within } from '../../plumbing/within.js';

/** Maximum age, for changes that Postgres could not report. */
const AGE_MAX_MS = 30 * SECOND_MS;
/** How long after a failed read no page waits for another. */
const PAUSE_MS = 5 * SECOND_MS;
/** How long a page waits for the numbers of its header. */
const WAIT_MS = SECOND_MS;

export type CountsOf = ReadonlyMap<string, OpenCounts>;
type Needs = { readonly pool: Pool; readonly now: () => Instant };

export const NO_ALERTS: OpenCounts = { info: 0, warning: 0, critical: 0, acknowledged: 0 };

export class OpenAlerts {
  readonly #needs: Needs;
  #counts: CountsOf = new Map();
  #readAt: Instant = -Infinity;
  #failedAt: Instant = -Infinity;
  #isChanged = true;
  #reading: Promise<void> | null = null;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Postgres reported a change: the next page reads the numbers again. */
  touch(): void {
    this.#isChanged = true;
  }

  /** Returns the numbers of each account that has an open alert. */
  async read(): Promise<CountsOf> {
    const now = this.#needs.now();
    const isOld = this.#isChanged || now - this.#readAt > AGE_MAX_MS;
    if (isOld && now - this.#failedAt > PAUSE_MS) {
      await within(this.#readNow(), WAIT_MS).catch(() => {
        this.#failedAt = now;
      });
    }
    return this.#counts;
  }

  /** Returns the sums of the accounts that the caller may see. */
  async sumFor(caller: Caller): Promise<OpenCounts> {
    const sum = { ...NO_ALERTS };
    for (const [accountId, counts] of await this.read()) {
      if (!maySee(caller, accountId)) continue;
      sum.info += counts.info;
      sum.warning += counts.warning;
      sum.critical += counts.critical;
      sum.acknowledged += counts.acknowledged;
    }
    return sum;
  }

  /** Reads until the numbers are as new as the last change; pages share one read. */
  async #readNow(): Promise<void> {
    // A running read may have begun before the change.
    if (this.#reading) await this.#reading;
    if (!this.#isChanged && this.#needs.now() - this.#readAt <= AGE_MAX_MS) return;
    this.#reading ??= this.#fill().finally(() => {
      this.#reading = null;
    });
    await this.#reading;
  }

  async #fill(): Promise<void> {
    const at = this.#needs.now();
    this.#isChanged = false;
    try {
      this.#counts = await countOpenAlerts(this.#needs.pool);
      this.#readAt = at;
    } catch (error) {
      this.#isChanged = true;
      throw error;
    }
  }
}
