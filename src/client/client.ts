/**
 * The library for a send pipeline: reserves slots, reports their outcomes, reads an account.
 * Every call has a deadline. Every error has a type of the list in the contract.
 */
import type { CallerAnswerWire, CallerDecisionWire } from '../domain/fleet/fleetHeld.js';
import type { PolicyWire } from '../domain/commands/policyAnswer.js';
import type { KnownReservation, StatusWire } from '../domain/wire/responses.js';
import type {
  CreditsAnswer,
  Delivered,
  Failed,
  Findings,
  Observed,
  ReplyAnswer,
  Settled,
  HoldAnswer,
  ResumeAnswer,
  StateAnswer,
  Withdrawn,
} from '../temporal/protocol.js';
import { Asking } from './brake/asking.js';
import { noBrake, type Brake } from './brake/brake.js';
import { Denials } from './denials.js';
import { GroupAsking } from './group/groupAsking.js';
import { isUnknownAccount, SafebandError } from './errors.js';
import type {
  ClientOptions,
  AskInput,
  CreditsReport,
  DeliveredReport,
  FailedReport,
  ObservedReport,
  Order,
  PeekInput,
  ConfigureInput,
  Content,
  ResumeOrder,
  ReplyReport,
  ReportName,
  StartInput,
} from './inputs.js';
import { measured } from './measured.js';
import { Reserving, type ReserveRequest, type WaitRequest } from './reserving.js';
import {
  sendWhenAllowed,
  type WhenAllowedOptions,
  type WhenAllowedRequest,
} from './sendWhenAllowed.js';
import type { Send, SendResult } from './sendWithSlot.js';
import type { Transport } from './transport.js';
import type { PeekWire, WaitingAskWire } from '../domain/wire/decisions.js';

const DEADLINE_MS = 5_000;
/** The account itself answers `Unavailable` after 10 s. */
const RECONCILE_DEADLINE_MS = 12_000;

type Parts = Omit<ClientOptions, 'client' | 'taskQueue'> & { readonly brake?: Brake };

export class SafebandClient {
  readonly #transport: Transport;
  readonly #deadlineMs: number;
  readonly #denials: Denials;
  readonly #isKnown: (accountId: string) => Promise<boolean>;
  readonly #asking: Asking;
  /** The brake of the fleet: while it is on, this client gives no grant (R27). */
  readonly brake: Brake;
  /** Asks for a slot of any account of a group (R31); needs the option `groups`. */
  readonly groups: GroupAsking;

  constructor(transport: Transport, options: Parts = {}) {
    this.#transport = options.onCall ? measured(transport, options.onCall) : transport;
    this.#deadlineMs = options.deadlineMs ?? DEADLINE_MS;
    this.#denials = new Denials(options.rememberDenialsMs);
    this.#isKnown = options.isKnown ?? (async () => true);
    this.brake = options.brake ?? noBrake();
    const reserving = new Reserving(this.#transport);
    this.#asking = new Asking({ brake: this.brake, denials: this.#denials, reserving });
    this.groups = new GroupAsking(this, options.groups);
  }

  /** Connects an account, or reconnects one that is disconnecting, and sets its policy (R13). */
  connect(start: StartInput): Promise<StateAnswer> {
    this.#denials.forget(start.accountId);
    return this.#transport.updateWithStart(start, 'connect', start, this.#deadline());
  }

  /**
   * Reserves one slot (R1 to R3). A denial is not an error: try again at its `retryAt`.
   * Throws `ReservationSettled`, `ReservationConflict`, `InvalidInput`, `AccountUnknown`,
   * `Unavailable`.
   */
  reserve(accountId: string, request: ReserveRequest): Promise<CallerDecisionWire>;
  /**
   * Reserves one slot, or waits for it in the account (`wait: true`, until `validUntil`): the
   * decision comes by `replyTo`, as a webhook, and by `reservation` (R21).
   */
  reserve(accountId: string, request: WaitRequest): Promise<CallerAnswerWire>;
  async reserve(accountId: string, request: WaitRequest): Promise<CallerAnswerWire> {
    const answer = await this.#asking.ask(accountId, request, this.#deadline());
    if (answer instanceof SafebandError) throw answer;
    return answer;
  }

  /**
   * Reserves many slots. The account decides them in order. If it cannot decide an item, the
   * answer has an error in the position of that item.
   */
  reserveMany(
    accountId: string,
    requests: readonly ReserveRequest[],
  ): Promise<readonly (CallerDecisionWire | SafebandError)[]>;
  reserveMany(
    accountId: string,
    requests: readonly WaitRequest[],
  ): Promise<readonly (CallerAnswerWire | SafebandError)[]>;
  reserveMany(
    accountId: string,
    requests: readonly WaitRequest[],
  ): Promise<readonly (CallerAnswerWire | SafebandError)[]> {
    const deadline = this.#deadline();
    return Promise.all(requests.map((one) => this.#asking.ask(accountId, one, deadline)));
  }

  /**
   * Waits for a slot until `validUntil`, takes the permission to call, calls `send` and reports the
   * outcome. After a restart, call it again with the same id: with a journal, it sends once.
   */
  sendWhenAllowed(
    accountId: string,
    request: WhenAllowedRequest,
    send: Send,
    options: WhenAllowedOptions,
  ): Promise<SendResult> {
    return sendWhenAllowed(this, accountId, request, send, options);
  }

  /** Takes an ask that waits out of the line; throws `ReservationSettled` if it is granted. */
  withdraw(accountId: string, reservationId: string): Promise<Withdrawn> {
    return this.#transport.update(accountId, 'sendWithdraw', { reservationId }, this.#deadline());
  }

  /** Reports a delivery, with LinkedIn's chat as proof. It counts also if the account has ended. */
  delivered(accountId: string, report: DeliveredReport): Promise<Delivered> {
    return this.#outcome(accountId, 'sendDelivered', report);
  }

  /** Reports that an InMail was not sent, or that the result is unknown (R5). */
  failed(accountId: string, report: FailedReport): Promise<Failed> {
    return this.#outcome(accountId, 'sendFailed', report);
  }

  /** Reports an InMail in the account's outbox (R15). */
  observed(accountId: string, report: ObservedReport): Promise<Observed> {
    return this.#outcome(accountId, 'sendObserved', report);
  }

  /** Reports the balance of InMail credits that LinkedIn showed (R24). */
  credits(accountId: string, report: CreditsReport): Promise<CreditsAnswer> {
    return this.#order(accountId, 'creditsObserved', report);
  }

  /** Reports a recipient's reply, which may give a credit back (R24). Throws `ChatUnknown`. */
  replied(accountId: string, report: ReplyReport): Promise<ReplyAnswer> {
    return this.#order(accountId, 'replyObserved', report);
  }

  /**
   * Sends the same reports without an answer. When this returns, Temporal has stored the report,
   * even if no worker runs or the account has ended. A fault of the report becomes an alert.
   */
  async report(
    accountId: string,
    name: ReportName,
    report: DeliveredReport | FailedReport | ObservedReport | CreditsReport | ReplyReport,
    deadlineMs: number = this.#deadlineMs,
  ): Promise<void> {
    this.#denials.forget(accountId);
    const deadline = Date.now() + deadlineMs;
    try {
      await this.#transport.signal(accountId, name, report, deadline);
    } catch (error) {
      if (!isUnknownAccount(error) || !(await this.#isKnown(accountId))) throw error;
      const late = { accountId, connect: false };
      await this.#transport.signalWithStart(late, name, report, deadline);
    }
  }

  /** Reads the status of the account: one consistent read, within the deadline. */
  status(accountId: string, deadlineMs: number = this.#deadlineMs): Promise<StatusWire> {
    return this.#transport.query(accountId, 'status', {}, Date.now() + deadlineMs);
  }

  /**
   * Reads a reservation, or an ask that waits, and whether its caller may call LinkedIn. With `like`,
   * `differs` names the first field that is not the same. Throws `ReservationUnknown`.
   */
  async reservation(accountId: string, id: string, like?: Content): Promise<KnownReservation> {
    const ask = { ...like, reservationId: id };
    const found = await this.#query<KnownReservation>(accountId, 'reservation', ask);
    if (!found.mayAttempt || !(await this.fleetHeld(accountId))) return found;
    return { ...found, mayAttempt: false, fleetHeld: true };
  }

  /** True if the brake holds the account, or cannot be read: then no caller calls LinkedIn. */
  fleetHeld(accountId: string): Promise<boolean> {
    return this.brake.holds(accountId, this.#deadline()).catch(() => true);
  }

  /** Returns the asks that wait, in the order in which they are served (R21). */
  waiting(accountId: string): Promise<readonly WaitingAskWire[]> {
    return this.#query(accountId, 'waiting', {});
  }

  /**
   * Returns the decision that a reserve would get now or later, for that recipient and campaign if
   * they are named; takes no slot.
   */
  peek(accountId: string, at?: string, ask: PeekInput = {}): Promise<PeekWire> {
    return this.#query(accountId, 'peek', { ...ask, at });
  }

  /**
   * Returns the next 1 to 200 instants at which a reserve is granted, if a caller uses every
   * slot before it.
   */
  nextSlots(accountId: string, count: number, ask: AskInput = {}): Promise<readonly string[]> {
    return this.#query(accountId, 'nextSlots', { ...ask, count });
  }

  /**
   * Runs a reconcile of the account now and returns its result (R8); throws `Unavailable` if
   * Postgres does not answer within 10 s.
   */
  reconcileNow(accountId: string): Promise<Findings> {
    this.#denials.forget(accountId);
    const deadline = Date.now() + Math.max(this.#deadlineMs, RECONCILE_DEADLINE_MS);
    return this.#transport.update<Findings>(accountId, 'reconcileNow', {}, deadline);
  }

  /** Changes the policy; throws `CapAboveSafeBand`. */
  configure(accountId: string, change: ConfigureInput): Promise<PolicyWire> {
    return this.#order(accountId, 'configure', change);
  }

  /** Stops the account until a person resumes it; `heldBefore` names an earlier hold, which stays. */
  hold(accountId: string, order: Order): Promise<HoldAnswer> {
    return this.#order(accountId, 'hold', order);
  }

  resume(accountId: string, order: ResumeOrder): Promise<ResumeAnswer> {
    return this.#order(accountId, 'resume', order);
  }

  /** Records the outcome of a slot that a person has checked in LinkedIn (R5). */
  settle(
    accountId: string,
    order: Order & {
      readonly reservationId: string;
      readonly outcome: 'delivered' | 'released';
      readonly chatId?: string | null;
    },
  ): Promise<Settled> {
    return this.#order(accountId, 'settleByOperator', order);
  }

  /** Denies from now on. The workflow ends when nothing is in flight or unsaved (R13). */
  disconnect(
    accountId: string,
    order: { readonly reason: string; readonly actor?: string | null },
  ): Promise<{ readonly state: 'disconnected' }> {
    return this.#order(accountId, 'disconnect', order);
  }

  #query<O>(accountId: string, name: string, ask: object): Promise<O> {
    return this.#transport.query<O>(accountId, name, ask, this.#deadline());
  }

  #order<O>(accountId: string, name: string, payload: object): Promise<O> {
    this.#denials.forget(accountId);
    return this.#transport.update<O>(accountId, name, payload, this.#deadline());
  }

  async #outcome<O>(accountId: string, name: string, report: object): Promise<O> {
    try {
      return await this.#order<O>(accountId, name, report);
    } catch (error) {
      if (!isUnknownAccount(error) || !(await this.#isKnown(accountId))) throw error;
      const late = { accountId, connect: false };
      return this.#transport.updateWithStart<O>(late, name, report, this.#deadline());
    }
  }

  #deadline(): number {
    return Date.now() + this.#deadlineMs;
  }
}
