/**
 * The answer of the workflow of an account, kept for a minute (R17). The cache asks it again when
 * Postgres reports a change of the account, when time ends a part of the answer, and after a
 * hard refresh. While Temporal refuses Queries or does not answer, nothing is kept, and the page
 * reads the rows.
 */
import type { SafebandClient } from '../../client/index.js';
import { errorText } from '../../domain/primitives/errorText.js';
import { SECOND_MS, type Instant } from '../../domain/primitives/time.js';
import type { WaitingAskWire } from '../../domain/wire/decisions.js';
import type { StatusWire } from '../../domain/wire/responses.js';
import { askStatus, type Answered, type Unanswered } from '../../status/readStatus.js';
import { within } from '../plumbing/within.js';
import { dayIn, instantIn, instantOrNull, nextEdge } from './ui/numbers.js';

const AGE_MAX_MS = 60 * SECOND_MS;
/** How long a page waits for a Temporal that does not answer. */
const PATIENCE_MS = 3_000;
/** How long after a failure the page reads the rows at once, without a call to Temporal. */
const AWAY_MS = 10 * SECOND_MS;
const ENTRIES_MAX = 20_000;
const SLOTS_SHOWN = 5;
/** Maximum asks of the waiting line on a page. */
const ASKS_SHOWN = 50;

export type StatusKept = Answered & {
  /** The next instants at which a reserve would be granted. */
  readonly slots: readonly string[];
  /** The first asks of the waiting line (R21); null: not known, because an older worker runs it. */
  readonly line: readonly WaitingAskWire[] | null;
};

type Needs = { readonly client: SafebandClient; readonly now: () => Instant };
type Kept = { readonly answer: StatusKept; readonly until: Instant };

export class StatusCache {
  readonly #needs: Needs;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<StatusKept | Unanswered>>();
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
  ): Promise<StatusKept | Unanswered> {
    const now = this.#needs.now();
    const kept = this.#kept.get(accountId);
    if (kept && !isFresh && now < kept.until) return kept.answer;
    if (now < this.#awayUntil && !isFresh) {
      return { why: 'away', message: 'Temporal did not answer a moment ago' };
    }
    const asking = this.#asking.get(accountId);
    if (asking && !isFresh) return asking;
    const asked = this.#ask(accountId);
    this.#asking.set(accountId, asked);
    const answer = await asked;
    // The account changed during the read: this answer may be older than the change.
    if (this.#asking.get(accountId) !== asked) return answer;
    this.#asking.delete(accountId);
    if ('status' in answer) this.#keep(answer);
    return answer;
  }

  #keep(answer: StatusKept): void {
    if (this.#kept.size >= ENTRIES_MAX) this.#kept.clear();
    const until = Math.min(answer.readAt + AGE_MAX_MS, edgeOf(answer.status));
    this.#kept.set(answer.status.accountId, { answer, until });
  }

  async #ask(accountId: string): Promise<StatusKept | Unanswered> {
    const { client, now } = this.#needs;
    const ask = (): Promise<readonly [StatusWire, readonly string[]]> =>
      within(
        Promise.all([client.status(accountId), client.nextSlots(accountId, SLOTS_SHOWN)]),
        PATIENCE_MS,
        'Temporal did not answer',
      );
    const lineOf = (status: StatusWire): Promise<StatusKept['line']> =>
      status.waiting === 0
        ? Promise.resolve([])
        : within(client.waiting(accountId), PATIENCE_MS, 'Temporal did not answer').then(
            (asks) => asks.slice(0, ASKS_SHOWN),
            () => null,
          );
    let slots: readonly string[] = [];
    try {
      const answer = await askStatus(async () => {
        const [status, next] = await ask();
        slots = next;
        return status;
      }, now);
      if ('status' in answer) return { ...answer, slots, line: await lineOf(answer.status) };
      if (answer.why === 'away') this.#awayUntil = now() + AWAY_MS;
      return answer;
    } catch (error) {
      this.#awayUntil = now() + AWAY_MS;
      return { why: 'away', message: errorText(error) };
    }
  }
}

/** Returns when a part of the status ends because of the time. */
const edgeOf = ({ cooldown, breakerUntil, quotaDay, canSend }: StatusWire): Instant =>
  nextEdge({
    cooldown: cooldown && { ...cooldown, until: instantIn(cooldown.until) },
    breakerUntil: instantOrNull(breakerUntil),
    day: dayIn(quotaDay),
    canSend,
  });
