/**
 * One InMail, from the reserve to the report, in the order of the contract (R18):
 *
 *   reserve -> journal row -> permission to call -> send -> journal outcome -> report
 *
 * If the process dies before the journal row, nothing was sent, and the lease of the slot ends. If
 * it dies after the row, the row has no outcome, so the slot becomes uncertain and stays spent. If
 * it dies after the journal outcome, the next reconcile reads the outcome from the journal.
 */
import type {
  CallerAnswerWire,
  CallerDecisionWire,
  FleetHeldWire,
} from '../domain/fleet/fleetHeld.js';
import type { FailureKind } from '../domain/account/account.js';
import { FRESH_MS } from '../domain/gate/cooldown.js';
import { errorText } from '../domain/primitives/errorText.js';
import type { DeliveredReport, FailedReport } from './inputs.js';
import { SafebandError } from './errors.js';
import type { Attempt, Journal, Outcome } from './journal.js';
import type { ReserveRequest, WaitRequest } from './reserving.js';
import type { ReservationWire } from '../domain/wire/responses.js';
import type { GrantWire, ReplyWire, WaitingAskWire } from '../domain/wire/decisions.js';

/** `send` throws this if it knows why LinkedIn did not take the InMail. */
export class SendFailure extends Error {
  override readonly name = 'SendFailure';
  readonly kind: FailureKind;
  readonly retryAfterSeconds: number | undefined;
  /** The provider's own name of the error, such as `errors/insufficient_credits`. */
  readonly code: string | undefined;

  constructor(kind: FailureKind, message: string, retryAfterSeconds?: number, code?: string) {
    super(message);
    this.kind = kind;
    this.retryAfterSeconds = retryAfterSeconds;
    this.code = code;
  }
}

/** LinkedIn's answer; without a chat there is no proof of a delivery (R4). */
export type SendAnswer = { readonly chatId?: string | null; readonly messageId?: string };
/** The caller's own call to LinkedIn. It should stop when the signal is aborted. */
export type Send = (call: {
  readonly reservationId: string;
  readonly signal: AbortSignal;
}) => Promise<SendAnswer>;

/** The part of the client that a send needs. */
export type Sender = {
  reserve(accountId: string, request: ReserveRequest): Promise<CallerDecisionWire>;
  reserve(accountId: string, request: WaitRequest): Promise<CallerAnswerWire>;
  reservation(accountId: string, reservationId: string): Promise<ReservationWire | WaitingAskWire>;
  withdraw(accountId: string, reservationId: string): Promise<unknown>;
  report(
    accountId: string,
    name: 'sendDelivered' | 'sendFailed',
    report: DeliveredReport | FailedReport,
    deadlineMs: number,
  ): Promise<void>;
  /** True if the brake holds the account, or cannot be read (R27). */
  fleetHeld?(accountId: string): Promise<boolean>;
};

export type SendOptions = {
  readonly journal?: Journal;
  /** How long `send` may take, in ms; after that, its outcome is unknown. */
  readonly sendTimeoutMs?: number;
  /** Called when the send must wait, for example for the database of the journal. */
  readonly onWait?: (why: string) => void;
};
/** The denial of the account, or of the brake (R27). */
export type Denied = (ReplyWire & { readonly granted: false }) | FleetHeldWire;
export type SendResult =
  | { readonly sent: true; readonly chatId: string; readonly reported: boolean }
  /** The InMail may or may not have reached LinkedIn; the slot stays spent. */
  | { readonly sent: 'unknown'; readonly why: string; readonly reported: boolean }
  | { readonly sent: false; readonly denial: Denied }
  | {
      readonly sent: false;
      readonly kind: FailureKind;
      readonly why: string;
      readonly reported: boolean;
      /** How long the provider asks its callers to wait, also if the account has no cooldown. */
      readonly retryAfterSeconds?: number;
    };

export const SEND_TIMEOUT_MS = 60_000;
/** How long the lease lasts after the limit of the call, so that a late report is in time. */
const LEASE_MARGIN_MS = 60_000;
const JOURNAL_RETRY_MS = 250;
const REPORT_DEADLINE_MS = 30_000;

/** Reserves a slot, calls `send` if that is allowed, and reports the outcome. */
export async function sendWithSlot(
  client: Sender,
  accountId: string,
  request: ReserveRequest,
  send: Send,
  options: SendOptions = {},
): Promise<SendResult> {
  const grant = await client.reserve(accountId, { ...request, ...takenFor(request, options) });
  if (!grant.granted) return { sent: false, denial: grant };
  return sendGranted(client, accountId, grant, send, options);
}

/** Returns the lease that covers the call, and whether its caller writes a journal. */
export const takenFor = (
  { leaseSeconds }: Pick<ReserveRequest, 'leaseSeconds'>,
  { sendTimeoutMs = SEND_TIMEOUT_MS, journal }: SendOptions,
): { readonly leaseSeconds: number; readonly journaled: boolean } => ({
  leaseSeconds: leaseSeconds ?? Math.max(900, Math.ceil((sendTimeoutMs + LEASE_MARGIN_MS) / 1_000)),
  journaled: journal !== undefined,
});

/** Calls `send` for a slot that is granted, if that is still allowed, and reports the outcome. */
export async function sendGranted(
  client: Sender,
  accountId: string,
  grant: Granted,
  send: Send,
  options: SendOptions,
): Promise<SendResult> {
  const sendTimeoutMs = options.sendTimeoutMs ?? SEND_TIMEOUT_MS;
  const grantedAt = Date.now();
  const attempt = { accountId, reservationId: grant.reservationId, quotaDay: grant.quotaDay };
  const lastCall = Date.parse(grant.leaseExpiresAt) - sendTimeoutMs;
  const barrier = await barrierTo(client, attempt, grant, { ...options, grantedAt, lastCall });
  if (barrier === 'attempted') {
    const why = 'this reservation was attempted before; use a new id for another attempt';
    return { sent: false, kind: 'not_attempted', why, reported: false };
  }
  if (barrier) return fails(client, attempt, options, new SendFailure('not_attempted', barrier));
  return settle(client, attempt, options, await call(send, attempt, sendTimeoutMs));
}

/** What a send needs to know of its grant. `repeated`: another call may have used it. */
export type Granted = Pick<GrantWire, 'reservationId' | 'quotaDay' | 'leaseExpiresAt' | 'repeated'>;

type Limits = SendOptions & { readonly grantedAt: number; readonly lastCall: number };

const FLEET_IS_HELD = 'the brake holds the fleet, or cannot be read';

/** Returns the reason why the caller may not call LinkedIn; undefined if it may. */
async function barrierTo(
  client: Sender,
  attempt: Attempt,
  grant: Granted,
  limits: Limits,
): Promise<string | undefined> {
  if (limits.journal) {
    const written = await ownRow(limits.journal, attempt, limits);
    if (written !== undefined) return written;
  } else if (grant.repeated) {
    return 'attempted';
  }
  if (await client.fleetHeld?.(attempt.accountId)) return FLEET_IS_HELD;
  if (Date.now() > limits.lastCall) return 'the rest of the lease is too short for the call';
  if (Date.now() - limits.grantedAt < FRESH_MS) return undefined;
  const { mayAttempt } = await client.reservation(attempt.accountId, attempt.reservationId);
  return mayAttempt ? undefined : 'the account no longer allows this reservation to be sent';
}

/**
 * Inserts the caller's own row, and waits while the database does not answer. Returns the reason
 * why the caller may not call LinkedIn; undefined if it may.
 */
async function ownRow(
  journal: Journal,
  attempt: Attempt,
  { lastCall, onWait }: Limits,
): Promise<string | undefined> {
  for (;;) {
    try {
      if (await journal.begin(attempt)) return undefined;
      // The row is another caller's, or ours with a lost answer. Both look the same, so nothing is
      // sent and nothing is reported: the slot becomes uncertain and stays spent.
      return 'attempted';
    } catch (error) {
      const why = errorText(error);
      if (Date.now() + JOURNAL_RETRY_MS > lastCall) return `the journal did not answer: ${why}`;
      onWait?.(`reservation ${attempt.reservationId} waits for its journal row: ${why}`);
      await new Promise((resolve) => {
        setTimeout(resolve, JOURNAL_RETRY_MS);
      });
    }
  }
}

/** Calls `send`; if it does not answer in time, the result is unknown. */
async function call(
  send: Send,
  attempt: Attempt,
  timeoutMs: number,
): Promise<SendAnswer | SendFailure> {
  const signal = AbortSignal.timeout(timeoutMs);
  const late = new Promise<SendFailure>((resolve) => {
    const why = `no answer within ${timeoutMs} ms`;
    signal.addEventListener('abort', () => resolve(new SendFailure('unknown', why)));
  });
  const answer = send({ reservationId: attempt.reservationId, signal }).catch((error: unknown) =>
    error instanceof SendFailure ? error : new SendFailure('unknown', String(error)),
  );
  return Promise.race([answer, late]);
}

async function settle(
  client: Sender,
  attempt: Attempt,
  options: SendOptions,
  answer: SendAnswer | SendFailure,
): Promise<SendResult> {
  if (answer instanceof SendFailure) return fails(client, attempt, options, answer);
  const { chatId, messageId } = answer;
  if (!chatId || chatId.trim() === '') {
    return fails(
      client,
      attempt,
      options,
      new SendFailure('unknown', 'the answer of LinkedIn has no chat'),
    );
  }
  const { accountId, reservationId } = attempt;
  await note(options.journal, attempt, { outcome: 'delivered', chatId, messageId });
  const report = { reservationId, chatId, ...(messageId ? { messageId } : {}) };
  const reported = await succeeds(() =>
    client.report(accountId, 'sendDelivered', report, REPORT_DEADLINE_MS),
  );
  return { sent: true, chatId, reported };
}

async function fails(
  client: Sender,
  attempt: Attempt,
  { journal }: SendOptions,
  { kind, message: why, retryAfterSeconds, code }: SendFailure,
): Promise<SendResult> {
  const { accountId, reservationId } = attempt;
  // `failed` in the journal: LinkedIn certainly did not take the InMail. Unknown is no outcome.
  if (kind !== 'unknown') await note(journal, attempt, { outcome: 'failed', errorCode: kind });
  const pause = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  const report: FailedReport = {
    reservationId,
    kind,
    ...pause,
    ...(code === undefined ? {} : { code }),
  };
  const reported = await succeeds(() =>
    client.report(accountId, 'sendFailed', report, REPORT_DEADLINE_MS),
  );
  return kind === 'unknown'
    ? { sent: 'unknown', why, reported }
    : { sent: false, kind, why, reported, ...pause };
}

/**
 * Writes the outcome in the journal. If that fails, the report to the account still has it.
 */
async function note(
  journal: Journal | undefined,
  attempt: Attempt,
  outcome: Outcome,
): Promise<boolean> {
  return succeeds(async () => journal?.settle(attempt, outcome));
}

const succeeds = async (work: () => Promise<unknown>): Promise<boolean> => {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof SafebandError && error.type === 'InvalidInput') throw error;
    return false;
  }
};
