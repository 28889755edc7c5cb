/**
 * The place of an InMail in the account's line (R21). The workflow asks by a Signal, because Temporal
 * delivers it once. A Signal has no answer, so bad input is refused before it is sent, and the
 * workflow looks once for an ask that stays without a decision.
 */
import {
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  setCurrentDetails,
  sleep,
  workflowInfo,
  type ExternalWorkflowHandle,
} from '@temporalio/workflow';
import { errorText } from '../domain/primitives/errorText.js';
import { LEASE_SECONDS_MAX } from '../domain/primitives/limits.js';
import { isoInstant, MINUTE_MS, SECOND_MS } from '../domain/primitives/time.js';
import type { ReplyWire } from '../domain/wire/decisions.js';
import { ACCOUNT_WORKFLOW } from '../domain/wire/replyTo.js';
import { parseReserve } from '../domain/wire/requests.js';
import type { InmailSend, SafebandActivities } from './types.js';

/** The Signal that brings the decision. */
export const DECIDED = 'safebandDecided';
export const SEND_TIMEOUT_SECONDS = 60;
/** The lease is longer than the call, so that a late report is in time. */
const LEASE_SECONDS_MIN = 900;
const LEASE_MARGIN_SECONDS = 120;
const SEND_TIMEOUT_SECONDS_MAX = LEASE_SECONDS_MAX - LEASE_MARGIN_SECONDS;
/** How long after the deadline the decision may come: the account answers `expired` itself. */
const GRACE_MS = 10 * MINUTE_MS;
/** An account that is read back answers `unverified`; this takes seconds. */
const UNVERIFIED_MS = 30 * SECOND_MS;
/** How long a withdrawn ask may still be granted: the two messages may cross. */
const CROSSING_MS = 5 * SECOND_MS;
/** How long an ask is without a decision before the workflow looks for it. */
const LOOK_AFTER_MS = 10 * SECOND_MS;

/** Shows the present step in the Temporal UI. */
export const step = (text: string): void => setCurrentDetails(text);

/** Returns the lease that covers the call of the activity. */
export const leaseOf = ({ sendTimeoutSeconds = SEND_TIMEOUT_SECONDS }: InmailSend): number =>
  Math.max(LEASE_SECONDS_MIN, sendTimeoutSeconds + LEASE_MARGIN_SECONDS);

/** Returns the message that asks for the slot. */
const askOf = (input: InmailSend): object => ({
  ...input.request,
  leaseSeconds: leaseOf(input),
  wait: true,
  validUntil: input.deadline,
  replyTo: { workflowId: workflowInfo().workflowId, signalName: DECIDED },
});

/** Throws `InvalidInput` if the account would refuse the ask, or if the call cannot be made. */
export function checkInput(input: InmailSend): void {
  const { activity, sendTimeoutSeconds: seconds = SEND_TIMEOUT_SECONDS } = input;
  const isCallable = Number.isInteger(seconds) && seconds >= 1;
  if (!isCallable || seconds > SEND_TIMEOUT_SECONDS_MAX) {
    throw invalid(`sendTimeoutSeconds should be 1 to ${SEND_TIMEOUT_SECONDS_MAX}`);
  }
  if (typeof activity !== 'string' || activity === '') {
    throw invalid('activity should be the name of your activity that calls the provider');
  }
  const parsed = parseReserve(askOf(input), 'strict', Date.now());
  if (!parsed.ok) throw invalid(parsed.message.replace('validUntil', 'deadline'));
}
const invalid = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, 'InvalidInput');

type Look = SafebandActivities['safebandReservation'];

/** The ask in the account's line, and the decision that comes by Signal. */
export class Line {
  decision: ReplyWire | undefined;
  /** Why the account cannot be asked; undefined if it can. */
  fault: string | undefined;
  /** Why the account gives this ask no decision; undefined if it does. */
  refused: { readonly reason: string; readonly why: string } | undefined;
  readonly #input: InmailSend;
  readonly #look: Look;
  readonly #until: number;
  readonly #account: ExternalWorkflowHandle;

  constructor(input: InmailSend, look: Look) {
    this.#input = input;
    this.#look = look;
    this.#until = Date.parse(input.deadline);
    this.#account = getExternalWorkflowHandle(`${ACCOUNT_WORKFLOW}${input.accountId}`);
  }

  /** After an unclean end the account may send a decision twice; only the first one counts. */
  receive(reply: ReplyWire | null | undefined): void {
    if (reply?.reservationId === this.#input.request.reservationId) this.decision ??= reply;
  }

  /** Asks, and asks again after a denial that ends before the deadline, such as a full line. */
  async waited(): Promise<void> {
    for (;;) {
      await this.#ask();
      if (this.fault !== undefined) return;
      const isQuick = await condition(() => this.decision !== undefined, LOOK_AFTER_MS);
      if (!isQuick) await this.#lookOnce();
      if (this.refused !== undefined) return;
      const limit = Math.max(0, this.#until - Date.now()) + GRACE_MS;
      await condition(() => this.decision !== undefined, limit);
      const again = againAt(this.decision);
      if (again === undefined || again >= this.#until) return;
      step(`asks again at ${isoInstant(again)}`);
      this.decision = undefined;
      await sleep(Math.max(SECOND_MS, again - Date.now()));
    }
  }

  /**
   * Shows the place in the line. If the slot of this id has its outcome already, or if the id is of
   * another InMail, the account has refused the ask with an alert, and no decision comes.
   */
  async #lookOnce(): Promise<void> {
    const { accountId, request } = this.#input;
    const { reservationId } = request;
    const known = await this.#look({ accountId, reservationId, request }).catch(
      (error: unknown) => {
        if (isCancellation(error)) throw error;
        return undefined; // the account does not know it yet: the decision comes later
      },
    );
    if (known?.differs !== undefined) {
      const why = `the reservation ${reservationId} has another ${known.differs}; use a new id for another InMail`;
      this.refused = { reason: 'ReservationConflict', why };
      return;
    }
    if (known === undefined || known.state === 'in_flight') return;
    if (known.state === 'waiting') {
      const { position, expectedAt, reason } = known;
      const when = expectedAt === null ? '' : `, expected at ${expectedAt}`;
      const now = isoInstant(Date.now());
      return step(
        `waits for a slot of ${accountId} (${reason}): place ${position} at ${now}${when}`,
      );
    }
    const why = `the reservation ${reservationId} is ${known.state}; use a new id for another InMail`;
    this.refused = { reason: 'ReservationSettled', why };
  }

  /** Leaves the line. The two messages may cross, so a grant may still come. */
  async left(): Promise<ReplyWire | undefined> {
    if (this.fault !== undefined || this.refused !== undefined) return undefined;
    step('leaves the line');
    const { reservationId } = this.#input.request;
    await this.#account.signal('sendWithdraw', { reservationId }).catch(() => undefined);
    await condition(() => this.decision !== undefined, CROSSING_MS);
    return this.decision;
  }

  async #ask(): Promise<void> {
    step(`waits for a slot of ${this.#input.accountId}`);
    try {
      await this.#account.signal('sendReserve', askOf(this.#input));
    } catch (error) {
      if (isCancellation(error)) throw error;
      this.fault = errorText(error);
    }
  }
}

/** Returns when to ask again; undefined after a grant, and if only a person can help. */
function againAt(decision: ReplyWire | undefined): number | undefined {
  if (decision === undefined || decision.granted) return undefined;
  if (decision.retryAt !== null) return Date.parse(decision.retryAt);
  return decision.reason === 'unverified' ? Date.now() + UNVERIFIED_MS : undefined;
}
