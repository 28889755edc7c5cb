/**
 * The workflow `inmailSend`: waits in the account's line, calls the user's activity once, and
 * reports the outcome (R18, R21). Its history is the journal of the call: an activity that was
 * scheduled may have called LinkedIn, and it is scheduled once.
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  TimeoutFailure,
  workflowInfo,
  ActivityFailure,
  type ExternalWorkflowHandle,
} from '@temporalio/workflow';
import type { FailureKind } from '../domain/account/account.js';
import { FRESH_MS } from '../domain/gate/cooldown.js';
import type { ReplyWire } from '../domain/wire/decisions.js';
import { ACCOUNT_WORKFLOW } from '../domain/wire/replyTo.js';
import type { DeliveredReport, FailedReport } from '../client/inputs.js';
import {
  SEND_FAILURE,
  type InmailCall,
  type InmailSend,
  type InmailSendResult,
  type SafebandActivities,
  type SendAnswer,
  type SendFailureDetails,
} from './types.js';

const DECIDED = 'safebandDecided';
const SECOND_MS = 1_000;
const SEND_TIMEOUT_SECONDS = 60;
/** The lease is longer than the call, so that a late report is in time. */
const LEASE_SECONDS_MIN = 900;
const LEASE_MARGIN_SECONDS = 120;
/** How long after the deadline the decision may come: the account answers `expired` itself. */
const GRACE_MS = 10 * 60 * SECOND_MS;
/** An account that is read back answers `unverified`; this takes seconds. */
const UNVERIFIED_MS = 30 * SECOND_MS;
/** How long a withdrawn ask may still be granted: the two messages may cross. */
const CROSSING_MS = 5 * SECOND_MS;

const { safebandReservation, safebandReport } = proxyActivities<SafebandActivities>({
  startToCloseTimeout: '30 s',
  scheduleToCloseTimeout: '7 days',
  retry: { maximumInterval: '1 minute' },
});

export const decidedSignal = defineSignal<[ReplyWire]>(DECIDED);

/** Sends one InMail when the account allows it; see `InmailSend` for its input. */
export async function inmailSend(input: InmailSend): Promise<InmailSendResult> {
  const { accountId, deadline } = input;
  const until = Date.parse(deadline);
  if (Number.isNaN(until)) {
    throw ApplicationFailure.nonRetryable(
      'deadline should be a time such as 2026-11-26T00:00:00Z',
      'InvalidInput',
    );
  }
  const line = new Line(input, until);
  setHandler(decidedSignal, (reply) => line.told(reply));
  let isCancelled = false;
  try {
    await line.waited();
  } catch (error) {
    if (!isCancellation(error)) throw error;
    isCancelled = true;
  }
  return CancellationScope.nonCancellable(async () => {
    const decision = line.decision ?? (await line.left());
    if (line.fault !== undefined) {
      const why = `${accountId} has no workflow: ${line.fault}`;
      return { sent: false, reason: 'AccountUnknown', why };
    }
    if (decision === undefined) {
      const reason = isCancelled ? 'cancelled' : 'expired';
      return { sent: false, reason, why: 'the InMail left the line without a slot' };
    }
    if (!decision.granted) return denied(decision);
    if (isCancelled) return fails(input, 'not_attempted', 'the workflow was cancelled');
    return send(input, decision, leaseOf(input));
  });
}

/** The ask in the account's line, and the decision that comes by Signal. */
class Line {
  decision: ReplyWire | undefined;
  /** Why the account cannot be asked; undefined if it can. */
  fault: string | undefined;
  readonly #input: InmailSend;
  readonly #until: number;
  readonly #account: ExternalWorkflowHandle;

  constructor(input: InmailSend, until: number) {
    this.#input = input;
    this.#until = until;
    this.#account = getExternalWorkflowHandle(`${ACCOUNT_WORKFLOW}${input.accountId}`);
  }

  /** After an unclean end the account may send a decision twice; only the first one counts. */
  told(reply: ReplyWire): void {
    if (reply.reservationId === this.#input.request.reservationId) this.decision ??= reply;
  }

  /** Asks, and asks again after a denial that ends before the deadline, such as a full line. */
  async waited(): Promise<void> {
    for (;;) {
      await this.#ask();
      if (this.fault !== undefined) return;
      const limit = Math.max(0, this.#until - Date.now()) + GRACE_MS;
      await condition(() => this.decision !== undefined, limit);
      const again = againAt(this.decision);
      if (again === undefined || again >= this.#until) return;
      step(`asks again at ${new Date(again).toISOString()}`);
      this.decision = undefined;
      await sleep(Math.max(SECOND_MS, again - Date.now()));
    }
  }

  /** Leaves the line. The two messages may cross, so a grant may still come. */
  async left(): Promise<ReplyWire | undefined> {
    if (this.fault !== undefined) return undefined;
    step('leaves the line');
    const { reservationId } = this.#input.request;
    await this.#account.signal('sendWithdraw', { reservationId }).catch(() => undefined);
    await condition(() => this.decision !== undefined, CROSSING_MS);
    return this.decision;
  }

  async #ask(): Promise<void> {
    const { accountId, request, deadline } = this.#input;
    step(`waits for a slot of ${accountId}`);
    const replyTo = { workflowId: workflowInfo().workflowId, signalName: DECIDED };
    const leaseSeconds = leaseOf(this.#input);
    const ask = { ...request, leaseSeconds, wait: true, validUntil: deadline, replyTo };
    try {
      await this.#account.signal('sendReserve', ask);
    } catch (error) {
      if (isCancellation(error)) throw error;
      this.fault = reasonOf(error);
    }
  }
}

/** Returns when to ask again; undefined after a grant, and if only a person can help. */
function againAt(decision: ReplyWire | undefined): number | undefined {
  if (decision === undefined || decision.granted) return undefined;
  if (decision.retryAt !== null) return Date.parse(decision.retryAt);
  return decision.reason === 'unverified' ? Date.now() + UNVERIFIED_MS : undefined;
}

const step = (text: string): void => setCurrentDetails(text);

const leaseOf = ({ sendTimeoutSeconds = SEND_TIMEOUT_SECONDS }: InmailSend): number =>
  Math.max(LEASE_SECONDS_MIN, sendTimeoutSeconds + LEASE_MARGIN_SECONDS);

function denied(decision: ReplyWire & { readonly granted: false }): InmailSendResult {
  step(`denied: ${decision.reason}`);
  const { reason, retryAt } = decision;
  return { sent: false, reason, why: 'the account denied the slot', retryAt };
}

type Grant = ReplyWire & { readonly granted: true };

/** Calls the user's activity if that is still allowed, and reports the outcome. */
async function send(
  input: InmailSend,
  { leaseExpiresAt, repeated }: Grant,
  leaseSeconds: number,
): Promise<InmailSendResult> {
  const { accountId, request, sendTimeoutSeconds = SEND_TIMEOUT_SECONDS } = input;
  const { reservationId } = request;
  if (repeated) {
    const why = 'another caller has had the grant of this id; use a new id for another attempt';
    return { sent: false, reason: 'attempted', why };
  }
  const end = Date.parse(leaseExpiresAt);
  if (Date.now() > end - sendTimeoutSeconds * SECOND_MS) {
    return fails(input, 'not_attempted', 'the rest of the lease is too short for the call');
  }
  if (Date.now() - (end - leaseSeconds * SECOND_MS) > FRESH_MS) {
    step('asks whether the slot may still be used');
    const { mayAttempt } = await safebandReservation({ accountId, reservationId });
    if (!mayAttempt || Date.now() > end - sendTimeoutSeconds * SECOND_MS) {
      return fails(input, 'not_attempted', 'the account no longer allows this slot to be used');
    }
  }
  step('calls the provider');
  const answer = await call(input, end);
  if ('kind' in answer) return fails(input, answer.kind, answer.why, answer.retryAfterSeconds);
  const { chatId, messageId } = answer;
  await report(input, 'sendDelivered', {
    reservationId,
    chatId,
    ...(messageId === undefined ? {} : { messageId }),
  });
  step('delivered');
  return { sent: true, chatId, ...(messageId === undefined ? {} : { messageId }) };
}

type Failed = SendFailureDetails & { readonly why: string };
type Proof = { readonly chatId: string; readonly messageId?: string };

/** Runs the user's activity once. What is not certain is `unknown`, and the slot stays spent. */
async function call(
  { accountId, request, activity, payload, ...input }: InmailSend,
  end: number,
): Promise<Proof | Failed> {
  const seconds = input.sendTimeoutSeconds ?? SEND_TIMEOUT_SECONDS;
  const activities = proxyActivities<Record<string, (call: InmailCall) => Promise<SendAnswer>>>({
    startToCloseTimeout: seconds * SECOND_MS,
    // An activity that starts later than this could call LinkedIn after the end of the lease.
    scheduleToStartTimeout: Math.max(1, end - seconds * SECOND_MS - Date.now()),
    retry: { maximumAttempts: 1 },
    summary: `the InMail of ${request.reservationId}`,
  });
  const { reservationId } = request;
  try {
    const run = activities[activity];
    if (!run) throw new Error('unreachable: a proxy has every name');
    const answer = await run({
      accountId,
      reservationId,
      ...(payload === undefined ? {} : { payload }),
    });
    const { chatId, messageId } = answer;
    if (!chatId || chatId.trim() === '') {
      return { kind: 'unknown', why: 'the answer of the activity has no chat' };
    }
    return { chatId, ...(messageId === undefined ? {} : { messageId }) };
  } catch (error) {
    return failureIn(error);
  }
}

/** Returns the failure that the activity named; unknown if it named none. */
function failureIn(error: unknown): Failed {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const why = reasonOf(cause);
  if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START') {
    return { kind: 'not_attempted', why: 'no worker took the activity before the lease ended' };
  }
  if (cause instanceof ApplicationFailure && cause.type === SEND_FAILURE) {
    const [details] = cause.details ?? [];
    if (isDetails(details)) return { ...details, why };
  }
  return { kind: 'unknown', why };
}

const isDetails = (raw: unknown): raw is SendFailureDetails =>
  typeof raw === 'object' && raw !== null && 'kind' in raw && typeof raw.kind === 'string';

async function fails(
  input: InmailSend,
  kind: FailureKind,
  why: string,
  retryAfterSeconds?: number,
): Promise<InmailSendResult> {
  const { reservationId } = input.request;
  await report(input, 'sendFailed', {
    reservationId,
    kind,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
  step(`not sent: ${kind}`);
  return kind === 'unknown' ? { sent: 'unknown', why } : { sent: false, reason: kind, why };
}

async function report(
  { accountId }: InmailSend,
  name: 'sendDelivered' | 'sendFailed',
  body: DeliveredReport | FailedReport,
): Promise<void> {
  step('reports the outcome');
  await safebandReport({ accountId, name, report: body });
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
