/** Reads the messages of a closed run by the same rules as the run itself read them. */
import type { Payload } from '@temporalio/common';
import type { Entity } from '../../domain/entity/entity.js';
import { alert } from '../../domain/account/events.js';
import { unreadableIn, type Mode, type Parsed } from '../../domain/wire/objectReader.js';
import { RECOVERY_EVENTS_MAX } from '../../domain/primitives/limits.js';
import { parseReserve } from '../../domain/wire/requests.js';
import { isReservationId } from '../../domain/primitives/ids.js';
import { REPLY_IGNORED, type RecordedReply } from '../../domain/account/stops.js';
import { parseDay, parseInstant, type Instant } from '../../domain/primitives/time.js';
import { messages } from '../../temporal/protocol.js';
import { missingKeyIn, type History, type HistoryEvent } from '../history.js';
import { RunReader, type TakenMessage } from '../taken.js';
import type { RunMessage, Promised } from '../../domain/entity/lastRunMessages.js';

export type RunRead = { readonly received: readonly RunMessage[]; readonly unread: string | null };
/** True if the account's row was written after that event. */
export type InRow = (event: number) => boolean;

/** Reads the input of one run and the messages that it took. */
export async function readMessages(
  history: History,
  pages: AsyncIterable<readonly HistoryEvent[]>,
  isInRow: InRow,
): Promise<RunRead> {
  const run = new RunReader();
  for await (const events of pages) {
    for (const event of events) run.read(event);
    if (run.count > RECOVERY_EVENTS_MAX) break;
  }
  const reading = new Reading(history, isInRow);
  await reading.begin(run.input);
  for (const taken of run.taken) await reading.add(taken);
  const unread = run.isClosed ? reading.unread : 'the history of its last run has no end';
  return { received: reading.received, unread };
}

type HandedOver = {
  readonly actor: Entity | null;
  readonly waiting: readonly { readonly name: string; readonly raw: unknown }[];
};
const isObject = (raw: unknown): raw is { readonly [name: string]: unknown } =>
  typeof raw === 'object' && raw !== null;
/** True for state that one run handed to the next; a start object has no version. */
const isHandedOver = (raw: unknown): raw is HandedOver =>
  isObject(raw) && 'v' in raw && 'actor' in raw;

type Content = RunMessage extends infer H
  ? H extends RunMessage
    ? Omit<H, 'at' | 'isInRow'>
    : never
  : never;

class Reading {
  readonly received: RunMessage[] = [];
  unread: string | null = null;
  readonly #history: History;
  readonly #isInRow: InRow;

  constructor(history: History, isInRow: InRow) {
    this.#history = history;
    this.#isInRow = isInRow;
  }

  /** Adds the state that the run before handed over. A start object adds nothing: it is saved. */
  async begin(input: readonly Payload[]): Promise<void> {
    const state = await this.#decoded(input);
    if (!isHandedOver(state)) return;
    const { actor: entity, waiting } = state;
    if (entity) {
      const { account, outbox } = entity;
      const alerts = outbox.flatMap(({ row }) =>
        row.table === 'alerts' ? [alert(row.kind, row.severity, row.details)] : [],
      );
      this.#push({ name: 'carried', input: account, alerts }, 0, account.now);
    }
    for (const { name, raw } of waiting) {
      this.#interpret({ name, isUpdate: false, event: 0, at: entity?.account.now ?? 0 }, raw, null);
    }
  }

  async add(taken: TakenMessage): Promise<void> {
    if (!Object.hasOwn(messages, taken.name)) return;
    if (taken.isUpdate && !isBinding(taken)) return;
    const raw = await this.#decoded(taken.payloads);
    const answer = typeof taken.answer === 'string' ? null : await this.#decoded([taken.answer]);
    this.#interpret(taken, raw, answer);
  }

  async #decoded(payloads: readonly Payload[]): Promise<unknown> {
    const [raw] = await this.#history.decode(payloads.slice(0, 1));
    const why = missingKeyIn(raw);
    // An encrypted payload may be any message. Other unreadable input was no message for the run.
    if (why !== undefined) this.unread ??= why;
    return raw;
  }

  #push(content: Content, event: number, at: Instant): void {
    this.received.push({ ...content, at, isInRow: this.#isInRow(event) });
  }

  #interpret(
    { name, isUpdate, event, at }: Pick<TakenMessage, 'name' | 'isUpdate' | 'event' | 'at'>,
    raw: unknown,
    answer: unknown,
  ): void {
    const mode: Mode = isUpdate ? 'accepted' : 'lenient';
    const push = (content: Content): void => this.#push(content, event, at);
    const read = <T>(parsed: Parsed<T>, then: (value: T) => void): void => {
      if (parsed.ok) then(parsed.value);
    };
    switch (name) {
      case 'sendReserve':
        return this.#reserve(raw, mode, { event, at }, isUpdate ? answer : undefined);
      case 'sendReserveBatch':
        return read(messages.sendReserveBatch.parse(raw, mode, at), ({ requests }) => {
          const decisions = isObject(answer) ? answer['decisions'] : undefined;
          for (const [i, request] of requests.entries()) {
            const decision: unknown = Array.isArray(decisions) ? decisions[i] : null;
            this.#reserve(request, 'strict', { event, at }, isUpdate ? decision : undefined);
          }
        });
      case 'sendWithdraw':
        return read(messages.sendWithdraw.parse(raw, mode, at), ({ reservationId: input }) =>
          push({ name: 'withdraw', input }),
        );
      case 'sendDelivered':
        return read(messages.sendDelivered.parse(raw, mode, at), ({ chatId, ...report }) =>
          push(
            chatId === null
              ? { name: 'deliverWithoutChat', input: report.reservationId }
              : { name: 'deliver', input: { ...report, chatId } },
          ),
        );
      case 'sendFailed':
        return read(messages.sendFailed.parse(raw, mode, at), (input) =>
          push({ name: 'fail', input }),
        );
      case 'sendObserved':
        return read(messages.sendObserved.parse(raw, mode, at), (input) =>
          push({ name: 'observe', input }),
        );
      case 'creditsObserved':
        return read(messages.creditsObserved.parse(raw, mode, at), (input) =>
          push({ name: 'credits', input }),
        );
      case 'replyObserved':
        return read(messages.replyObserved.parse(raw, mode, at), ({ chatId, at: said }) => {
          const known = recordedIn(answer);
          if (known) push({ name: 'reply', input: { chatId, at: Math.min(said, at), ...known } });
        });
      case 'settleByOperator':
        return read(messages.settleByOperator.parse(raw, mode, at), (input) =>
          push({ name: 'settle', input }),
        );
      case 'configure':
        return read(messages.configure.parse(raw, mode, at), (input) => push({ name, input }));
      case 'connect':
        return read(messages.connect.parse(raw, mode, at), (input) => push({ name, input }));
      case 'hold':
        return read(messages.hold.parse(raw, mode, at), (input) => push({ name, input }));
      case 'resume':
        return read(messages.resume.parse(raw, mode, at), (input) => push({ name, input }));
      case 'disconnect':
        return read(messages.disconnect.parse(raw, mode, at), (input) => push({ name, input }));
      default: // `reconcileNow` reports nothing
    }
  }

  /** Adds a reserve. `decision` is undefined for a Signal, because a Signal has no answer. */
  #reserve(
    raw: unknown,
    mode: Mode,
    { event, at }: Pick<TakenMessage, 'event' | 'at'>,
    decision: unknown,
  ): void {
    const parsed = parseReserve(raw, mode, at);
    if (!parsed.ok) return;
    const isDoubtful = decision === undefined || unreadableIn(decision) !== undefined;
    const { replyTo, ...input } = parsed.value;
    if (input.wait === true && (isDoubtful || isWaiting(decision))) {
      const ask = { ...input, replyTo };
      return this.#push({ name: 'wait', input: ask, isSure: !isDoubtful }, event, at);
    }
    const promised = isDoubtful ? null : promisedIn(decision);
    if (promised !== undefined) this.#push({ name: 'reserve', input, promised }, event, at);
  }
}

/** True if the message counts: a report always, a hold unless refused, all others once answered. */
const isBinding = ({ name, answer }: TakenMessage): boolean =>
  typeof answer !== 'string' ||
  ['sendDelivered', 'sendFailed', 'sendObserved', 'settleByOperator'].includes(name) ||
  (name === 'hold' && answer === 'none');

const isWaiting = (decision: unknown): boolean =>
  isObject(decision) && decision['waiting'] === true;

/** Returns the grant in an answer to a caller; undefined for a denial. */
function promisedIn(decision: unknown): Promised | undefined {
  if (!isObject(decision) || decision['granted'] !== true) return undefined;
  const quotaDay = parseDay(String(decision['quotaDay']));
  const leaseExpiresAt = parseInstant(String(decision['leaseExpiresAt']));
  return quotaDay === undefined || leaseExpiresAt === undefined
    ? undefined
    : { quotaDay, leaseExpiresAt };
}

/** Returns what the answer to a reply states of it; undefined if the reply was not recorded. */
function recordedIn(answer: unknown): Omit<RecordedReply, 'chatId' | 'at'> | undefined {
  if (!isObject(answer)) return undefined;
  const { reservationId, ignored } = answer;
  const sentAt = parseInstant(String(answer['sentAt']));
  const why = ignored === null ? null : REPLY_IGNORED.find((one) => one === ignored);
  if (sentAt === undefined || why === undefined) return undefined;
  const id = isReservationId(reservationId) ? reservationId : null;
  return { reservationId: id, sentAt, ignored: why };
}
