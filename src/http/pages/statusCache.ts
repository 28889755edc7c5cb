/**
 * What an account's workflow says, kept for a minute (R17): it is asked again when Postgres says
 * that the account has changed, when what it said ends by itself, and by a hard refresh. Where
 * Temporal refuses Queries or is away, nothing is kept, and the caller reads Postgres.
 */
import type { SafebandClient } from '../../client/index.js';
import { SafebandError } from '../../client/errors.js';
import { SECOND_MS, type Instant } from '../../domain/primitives/time.js';
import type { StatusWire } from '../../domain/wire/responses.js';
import { within } from '../plumbing/within.js';
import { nextEdge, numbersOfStatus } from './ui/numbers.js';

const AGE_MAX_MS = 60 * SECOND_MS;
/** A page does not wait for a Temporal that is away for longer than this. */
const PATIENCE_MS = 3_000;
/** After a failure Postgres is read at once for this long, before Temporal is asked again. */
const AWAY_MS = 10 * SECOND_MS;
const ENTRIES_MAX = 20_000;
const SLOTS_SHOWN = 5;

export type StatusRead = {
  readonly status: StatusWire;
  /** The next instants at which a reserve would be granted. */
  readonly slots: readonly string[];
  readonly readAt: Instant;
};
/** `ended`: the account's workflow is over; `away`: Temporal does not answer. */
export type StatusUnread = { readonly why: 'ended' | 'away'; readonly message: string };

type Needs = { readonly client: SafebandClient; readonly now: () => Instant };
type Kept = { readonly heard: StatusRead; readonly until: Instant };

export class StatusCache {
  readonly #needs: Needs;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<StatusRead | StatusUnread>>();
  #awayUntil: Instant = 0;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  forget(accountId: string): void {
    this.#kept.delete(accountId);
    this.#asking.delete(accountId);
  }
  forgetAll(): void {
    this.#kept.clear();
    this.#asking.clear();
  }

  async read(
    accountId: string,
    { isFresh }: { readonly isFresh: boolean },
  ): Promise<StatusRead | StatusUnread> {
    const now = this.#needs.now();
    const kept = this.#kept.get(accountId);
    if (kept && !isFresh && now < kept.until) return kept.heard;
    if (now < this.#awayUntil && !isFresh) {
      return { why: 'away', message: 'Temporal did not answer a moment ago' };
    }
    const asking = this.#asking.get(accountId);
    if (asking && !isFresh) return asking;
    const asked = this.#ask(accountId);
    this.#asking.set(accountId, asked);
    const answer = await asked;
    // Forgotten meanwhile: what was said may be older than the change.
    if (this.#asking.get(accountId) !== asked) return answer;
    this.#asking.delete(accountId);
    if ('status' in answer) this.#keep(answer);
    return answer;
  }

  #keep(heard: StatusRead): void {
    if (this.#kept.size >= ENTRIES_MAX) this.#kept.clear();
    const until = Math.min(
      heard.readAt + AGE_MAX_MS,
      nextEdge(numbersOfStatus(heard.status, undefined)),
    );
    this.#kept.set(heard.status.accountId, { heard, until });
  }

  async #ask(accountId: string): Promise<StatusRead | StatusUnread> {
    const { client, now } = this.#needs;
    const readAt = now();
    try {
      const [status, slots] = await within(
        Promise.all([client.status(accountId), client.nextSlots(accountId, SLOTS_SHOWN)]),
        PATIENCE_MS,
        'Temporal did not answer',
      );
      return { status, slots, readAt };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof SafebandError && error.type === 'AccountUnknown') {
        return { why: 'ended', message };
      }
      this.#awayUntil = now() + AWAY_MS;
      return { why: 'away', message };
    }
  }
}
