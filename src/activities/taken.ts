/** Reads the events of one closed run: the messages that it took, their times and its answers. */
import type { Payload } from '@temporalio/common';
import type { Instant } from '../domain/primitives/time.js';
import type { HistoryEvent } from './history.js';

/** A message as the history has it. */
export type TakenMessage = {
  readonly name: string;
  readonly isUpdate: boolean;
  readonly payloads: readonly Payload[];
  /** Its own event. */
  readonly arrived: number;
  /** The first event of the task that took it, and that task's time: the account's clock. */
  event: number;
  at: Instant;
  /** The answer of an Update. `none`: accepted, and its run ended before it answered. */
  answer: 'none' | 'refused' | Payload;
};

type Accepted = NonNullable<HistoryEvent['workflowExecutionUpdateAcceptedEventAttributes']>;
type Completed = NonNullable<HistoryEvent['workflowExecutionUpdateCompletedEventAttributes']>;

export class RunReader {
  /** What the run was started with. */
  input: readonly Payload[] = [];
  readonly taken: TakenMessage[] = [];
  count = 0;
  /** The last event of the run was read. */
  isClosed = false;
  /** Signals that no task has taken yet. */
  #waiting: TakenMessage[] = [];
  #task = { event: 0, at: 0 };
  /** Updates by the event that accepted them, and requests that a reset brought along. */
  readonly #accepted = new Map<number, TakenMessage>();
  readonly #requests = new Map<string, Accepted['acceptedRequest']>();

  read(event: HistoryEvent): void {
    this.count += 1;
    const id = Number(event.eventId);
    const at = instantOf(event.eventTime);
    const started = event.workflowExecutionStartedEventAttributes;
    const signaled = event.workflowExecutionSignaledEventAttributes;
    const admitted = event.workflowExecutionUpdateAdmittedEventAttributes;
    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
    const completed = event.workflowExecutionUpdateCompletedEventAttributes;
    if (started) this.input = started.input?.payloads ?? [];
    else if (event.workflowTaskStartedEventAttributes) this.#task = { event: id, at };
    else if (event.workflowTaskCompletedEventAttributes) this.#takeWaiting();
    else if (signaled) {
      const payloads = signaled.input?.payloads ?? [];
      // A Signal is durable: it counts although no task may take it any more.
      const untaken = { event: Number.MAX_SAFE_INTEGER, at };
      const name = signaled.signalName ?? '';
      const taken: TakenMessage = {
        name,
        isUpdate: false,
        payloads,
        arrived: id,
        ...untaken,
        answer: 'none',
      };
      this.#waiting.push(taken);
      this.taken.push(taken);
    } else if (admitted?.request) {
      this.#requests.set(admitted.request.meta?.updateId ?? '', admitted.request);
    } else if (accepted) this.#accept(id, accepted);
    else if (completed) this.#complete(completed);
    this.isClosed = isEnd(event);
  }

  #takeWaiting(): void {
    const isTaken = (taken: TakenMessage): boolean => taken.arrived < this.#task.event;
    for (const taken of this.#waiting.filter(isTaken)) Object.assign(taken, this.#task);
    this.#waiting = this.#waiting.filter((taken) => !isTaken(taken));
  }

  #accept(id: number, { acceptedRequest, protocolInstanceId }: Accepted): void {
    const request = acceptedRequest ?? this.#requests.get(protocolInstanceId ?? '');
    const taken: TakenMessage = {
      name: request?.input?.name ?? '',
      isUpdate: true,
      payloads: request?.input?.args?.payloads ?? [],
      arrived: id,
      ...this.#task,
      answer: 'none',
    };
    this.#accepted.set(id, taken);
    this.taken.push(taken);
  }

  #complete({ acceptedEventId, outcome }: Completed): void {
    const taken = this.#accepted.get(Number(acceptedEventId));
    const [answer] = outcome?.success?.payloads ?? [];
    if (taken) taken.answer = answer ?? 'refused';
  }
}

const isEnd = (event: HistoryEvent): boolean =>
  [
    event.workflowExecutionTerminatedEventAttributes,
    event.workflowExecutionFailedEventAttributes,
    event.workflowExecutionTimedOutEventAttributes,
    event.workflowExecutionCanceledEventAttributes,
    event.workflowExecutionCompletedEventAttributes,
    event.workflowExecutionContinuedAsNewEventAttributes,
  ].some((attributes) => attributes != null);

const instantOf = (time: HistoryEvent['eventTime']): Instant =>
  Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000);
