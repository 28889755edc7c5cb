/**
 * The workflow `inmailSend`: waits in the account's line, calls the user's activity once, and
 * reports the outcome (R18, R21). Its history is the journal of the call: an activity that was
 * scheduled may have called LinkedIn, and it is scheduled once.
 */
import {
  ApplicationFailure,
  CancellationScope,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  TimeoutFailure,
  ActivityFailure,
} from '@temporalio/workflow';
import type { FailureKind } from '../domain/account/account.js';
import { FRESH_MS } from '../domain/gate/cooldown.js';
import { errorText } from '../domain/primitives/errorText.js';
import { SECOND_MS } from '../domain/primitives/time.js';
import type { ReplyWire } from '../domain/wire/decisions.js';
import type { DeliveredReport, FailedReport } from '../client/inputs.js';
import { checkInput, DECIDED, leaseOf, Line, SEND_TIMEOUT_SECONDS, step } from './line.js';
import {
  SEND_FAILURE,
  type InmailCall,
  type InmailSend,
  type InmailSendResult,
  type SafebandActivities,
  type SendAnswer,
  type SendFailureDetails,
} from './types.js';

const { safebandReservation, safebandReport } = proxyActivities<SafebandActivities>({
  startToCloseTimeout: '30 s',
  scheduleToCloseTimeout: '7 days',
  retry: { maximumInterval: '1 minute' },
});

export const decidedSignal = defineSignal<[ReplyWire]>(DECIDED);

/** Sends one InMail when the account allows it; see `InmailSend` for its input. */
export async function inmailSend(input: InmailSend): Promise<InmailSendResult> {
  checkInput(input);
  const { accountId } = input;
  const line = new Line(input, safebandReservation);
  setHandler(decidedSignal, (reply) => line.receive(reply));
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
      if (line.refused !== undefined) return { sent: false, ...line.refused };
      const reason = isCancelled ? 'cancelled' : 'expired';
      return { sent: false, reason, why: 'the InMail left the line without a slot' };
    }
    if (!decision.granted) return denied(decision);
    if (isCancelled) return fails(input, 'not_attempted', 'the workflow was cancelled');
    return send(input, decision, leaseOf(input));
  });
}

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
  if ('kind' in answer) return fails(input, answer.kind, answer.why, answer);
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
  const why = errorText(cause);
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
  { retryAfterSeconds, code }: Partial<SendFailureDetails> = {},
): Promise<InmailSendResult> {
  const { reservationId } = input.request;
  await report(input, 'sendFailed', {
    reservationId,
    kind,
    ...(code === undefined ? {} : { code }),
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
