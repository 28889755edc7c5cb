/**
 * Reserves of many callers for one account share Updates: while an Update is in flight, new
 * reserves wait and share the next Update. A single caller does not wait.
 */
import { BATCH_MAX } from '../domain/primitives/limits.js';
import { isoInstant, parseInstant, type Instant } from '../domain/primitives/time.js';
import type { BatchAnswer, ItemError } from '../temporal/protocol.js';
import { SafebandError } from './errors.js';
import { Gate } from './gate.js';
import type { Transport } from './transport.js';
import { FAILURE_TYPES } from '../domain/account/refusals.js';
import type { AnswerWire, DecisionWire } from '../domain/wire/decisions.js';

/** A request for a slot; the contract defines its ids. */
export type ReserveRequest = {
  readonly reservationId: string;
  readonly campaignId?: string | null;
  /**
   * LinkedIn's id of the recipient, in any spelling. The account contacts no recipient twice, and an
   * observed send finds its slot by it.
   */
  readonly recipientId?: string | null;
  /** True: contact the recipient once more, although an InMail may have reached them (R20). */
  readonly again?: boolean | null;
  /** True: the InMail costs no credit, because its recipient takes InMails from all (R24). */
  readonly free?: boolean | null;
  /** How long the slot may stay in flight without a report, in seconds; 15 minutes by default. */
  readonly leaseSeconds?: number | null;
  /** True if the caller writes its own `send_attempts` row before it calls LinkedIn (R6, R18). */
  readonly journaled?: boolean | null;
  /** From this instant on, the answer is `expired`. At most the deadline of the call. */
  readonly validUntil?: string | null;
  /** A workflow of the caller that also gets the decision, as a Signal. */
  readonly replyTo?: { readonly workflowId: string; readonly signalName: string } | null;
  readonly wait?: false | null;
};
/** A request that may wait in the account for its turn, until `validUntil` (R21). */
export type WaitRequest = Omit<ReserveRequest, 'wait'> & {
  readonly wait?: boolean | null;
  /** From 0, which is served first, to 9; 5 by default. */
  readonly priority?: number | null;
};
export type Answer = AnswerWire | SafebandError;

type Ask = {
  readonly request: WaitRequest;
  readonly deadline: number;
  readonly resolve: (answer: Answer) => void;
};

/** Sends one batch at a time: new reserves wait for the next one, so that they keep their order. */
const BATCHES_IN_FLIGHT_MAX = 1;

export class Reserving {
  readonly #transport: Transport;
  readonly #waiting = new Map<string, Ask[]>();
  readonly #batches = new Gate(BATCHES_IN_FLIGHT_MAX);

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Reserves one slot; resolves with the decision or the typed error. Never rejects. */
  ask(accountId: string, request: WaitRequest, deadline: number): Promise<Answer> {
    return new Promise((resolve) => {
      const asks = this.#waiting.get(accountId);
      if (asks) {
        asks.push({ request, deadline, resolve });
        return;
      }
      this.#waiting.set(accountId, [{ request, deadline, resolve }]);
      // Callers of the same turn of the event loop share a batch.
      setImmediate(() => void this.#send(accountId));
    });
  }

  /** Sends the waiting reserves after the answer to the last batch, in one or more batches. */
  #send(accountId: string): Promise<void> {
    return this.#batches.pass(accountId, async () => {
      const waiting = this.#waiting.get(accountId);
      if (!waiting) return;
      const asks = waiting.splice(0, BATCH_MAX);
      if (waiting.length === 0) this.#waiting.delete(accountId);
      else void this.#send(accountId);
      await this.#decide(accountId, asks);
    });
  }

  async #decide(accountId: string, asks: readonly Ask[]): Promise<void> {
    const answers = await this.#answers(accountId, asks).catch((error: unknown) =>
      asks.map(() => (error instanceof SafebandError ? error : unknown(accountId, error))),
    );
    for (const [i, ask] of asks.entries()) {
      ask.resolve(answers[i] ?? unknown(accountId, 'the batch has fewer answers than requests'));
    }
  }

  async #answers(accountId: string, asks: readonly Ask[]): Promise<readonly Answer[]> {
    const deadline = Math.max(...asks.map((ask) => ask.deadline));
    const payload = ({ request, deadline: end }: Ask): object => ({
      ...request,
      // An ask that may wait has an end of its own; its answer comes as fast as any other.
      ...(request.wait === true ? {} : { validUntil: earlierOf(request.validUntil, end) }),
    });
    const [first] = asks;
    if (first && asks.length === 1) {
      const alone = payload(first);
      return [await this.#transport.update<AnswerWire>(accountId, 'sendReserve', alone, deadline)];
    }
    const requests = asks.map(payload);
    const { decisions } = await this.#transport.update<BatchAnswer>(
      accountId,
      'sendReserveBatch',
      { requests },
      deadline,
    );
    return decisions.map((decision) => ('error' in decision ? errorIn(decision) : decision));
  }
}

/**
 * Returns the earlier limit. A limit that cannot be read is returned unchanged, because the account
 * then names the fault.
 */
function earlierOf(asked: string | null | undefined, end: Instant): string {
  const until = asked ?? isoInstant(end);
  return (parseInstant(until) ?? end) > end ? isoInstant(end) : until;
}

function errorIn({ error }: ItemError): SafebandError {
  const type = FAILURE_TYPES.find((name) => name === error.type) ?? 'Unavailable';
  return new SafebandError(type, error.message);
}

const unknown = (accountId: string, why: unknown): SafebandError =>
  new SafebandError('Unavailable', `account ${accountId}: ${String(why)}`);

/** True if the waiting line answered: another ask may still be granted. */
export const isOfLine = (answer: AnswerWire): answer is Exclude<AnswerWire, DecisionWire> =>
  'waiting' in answer || (!answer.granted && answer.reason === 'line_full');
