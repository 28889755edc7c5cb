/**
 * One InMail, from the ask to the report, by the book (R18):
 *
 *   reserve -> journal row -> leave to call -> send -> journal outcome -> report
 *
 * What is left behind when the process dies: before the grant is heard, a slot whose lease runs
 * out; before the journal row, the same, and nothing was sent; after it, a row without outcome, so
 * the slot ends uncertain and stays spent; after the journal outcome, the journal tells the rest.
 */
import type { FailureKind } from '../domain/account/account.js';
import type { FailedReport, SafebandClient } from './client.js';
import { SafebandError } from './errors.js';
import type { Attempt, Journal, Outcome } from './journal.js';
import type { ReserveRequest } from './reserving.js';
import type { DenialWire, GrantWire } from '../domain/wire/decisions.js';

/** Thrown by `send` where it is known why LinkedIn did not take the InMail. */
export class SendFailure extends Error {
  override readonly name = 'SendFailure';
  readonly kind: FailureKind;
  readonly retryAfterSeconds: number | undefined;

  constructor(kind: FailureKind, message: string, retryAfterSeconds?: number) {
    super(message);
    this.kind = kind;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What LinkedIn answered; without a chat nothing proves a delivery (R4). */
export type SendAnswer = { readonly chatId?: string | null; readonly messageId?: string };
/** The caller's own call to LinkedIn. It should end when the signal is aborted. */
export type Send = (call: {
  readonly reservationId: string;
  readonly signal: AbortSignal;
}) => Promise<SendAnswer>;

export type SendOptions = {
  readonly journal?: Journal;
  /** How long `send` may take, in ms; then its outcome is unknown. */
  readonly sendTimeoutMs?: number;
  /** Told when something has to wait, such as the journal's database. */
  readonly onWait?: (why: string) => void;
};
export type SendResult =
  | { readonly sent: true; readonly chatId: string; readonly reported: boolean }
  /** It may or may not have reached LinkedIn; the slot stays spent. */
  | { readonly sent: 'unknown'; readonly why: string; readonly reported: boolean }
  | { readonly sent: false; readonly denial: DenialWire }
  | {
      readonly sent: false;
      readonly kind: FailureKind;
      readonly why: string;
      readonly reported: boolean;
    };

const SEND_TIMEOUT_MS = 60_000;
/** A grant that was heard this recently is leave in itself (R18). */
const FRESH_MS = 5_000;
/** The lease outlasts the call by this much, so that a late answer still finds its slot. */
const LEASE_MARGIN_MS = 60_000;
const JOURNAL_RETRY_MS = 250;
const REPORT_DEADLINE_MS = 30_000;

/** Reserves a slot, calls `send` if it may, and tells what became of it. */
export async function sendWithSlot(
  client: SafebandClient,
  accountId: string,
  request: ReserveRequest,
  send: Send,
  options: SendOptions = {},
): Promise<SendResult> {
  const sendTimeoutMs = options.sendTimeoutMs ?? SEND_TIMEOUT_MS;
  const leaseSeconds =
    request.leaseSeconds ?? Math.max(900, Math.ceil((sendTimeoutMs + LEASE_MARGIN_MS) / 1_000));
  const journaled = options.journal !== undefined;
  const grant = await client.reserve(accountId, { ...request, leaseSeconds, journaled });
  const heardAt = Date.now();
  if (!grant.granted) return { sent: false, denial: grant };
  const attempt = { accountId, reservationId: grant.reservationId, quotaDay: grant.quotaDay };
  const lastCall = Date.parse(grant.leaseExpiresAt) - sendTimeoutMs;
  const barred = await barrierTo(client, attempt, grant, { ...options, heardAt, lastCall });
  if (barred === 'attempted') {
    const why = 'this reservation was attempted before; another try takes a new id';
    return { sent: false, kind: 'not_attempted', why, reported: false };
  }
  if (barred) return fails(client, attempt, options, new SendFailure('not_attempted', barred));
  return settle(client, attempt, options, await call(send, attempt, sendTimeoutMs));
}

type Leave = SendOptions & { readonly heardAt: number; readonly lastCall: number };

/** Why LinkedIn may not be called; undefined: it may. */
async function barrierTo(
  client: SafebandClient,
  attempt: Attempt,
  grant: GrantWire,
  leave: Leave,
): Promise<string | undefined> {
  if (leave.journal) {
    const written = await ownRow(leave.journal, attempt, leave);
    if (written !== undefined) return written;
  } else if (grant.repeated) {
    return 'attempted';
  }
  if (Date.now() > leave.lastCall) return 'too little of the lease is left for the call';
  if (Date.now() - leave.heardAt < FRESH_MS) return undefined;
  const { mayAttempt } = await client.reservation(attempt.accountId, attempt.reservationId);
  return mayAttempt ? undefined : 'the account no longer lets this reservation be sent';
}

/** The caller's own row, by a plain INSERT that succeeded; waits while the database is away. */
async function ownRow(
  journal: Journal,
  attempt: Attempt,
  { lastCall, onWait }: Leave,
): Promise<string | undefined> {
  for (;;) {
    try {
      if (await journal.begin(attempt)) return undefined;
      // Another's row, or one of ours whose answer was lost: nobody can tell, so nothing is sent
      // and nothing is reported; the slot ends uncertain, and stays spent.
      return 'attempted';
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (Date.now() + JOURNAL_RETRY_MS > lastCall) return `the journal did not answer: ${why}`;
      onWait?.(`reservation ${attempt.reservationId} waits for its journal row: ${why}`);
      await new Promise((resolve) => {
        setTimeout(resolve, JOURNAL_RETRY_MS);
      });
    }
  }
}

/** Calls `send`; whatever it does, there is an answer when its time is over. */
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
  client: SafebandClient,
  attempt: Attempt,
  options: SendOptions,
  answer: SendAnswer | SendFailure,
): Promise<SendResult> {
  if (answer instanceof SendFailure) return fails(client, attempt, options, answer);
  const { chatId, messageId } = answer;
  if (!chatId || chatId.trim() === '') {
    return fails(client, attempt, options, new SendFailure('unknown', 'no chat was answered'));
  }
  const { accountId, reservationId } = attempt;
  await note(options.journal, attempt, { outcome: 'delivered', chatId, messageId });
  const report = { reservationId, chatId, ...(messageId ? { messageId } : {}) };
  const reported = await told(() =>
    client.report(accountId, 'sendDelivered', report, REPORT_DEADLINE_MS),
  );
  return { sent: true, chatId, reported };
}

async function fails(
  client: SafebandClient,
  attempt: Attempt,
  { journal }: SendOptions,
  { kind, message: why, retryAfterSeconds }: SendFailure,
): Promise<SendResult> {
  const { accountId, reservationId } = attempt;
  // `failed` in the journal means: LinkedIn certainly did not take it. Unknown is no outcome.
  if (kind !== 'unknown') await note(journal, attempt, { outcome: 'failed', errorCode: kind });
  const report: FailedReport = {
    reservationId,
    kind,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
  const reported = await told(() =>
    client.report(accountId, 'sendFailed', report, REPORT_DEADLINE_MS),
  );
  return kind === 'unknown'
    ? { sent: 'unknown', why, reported }
    : { sent: false, kind, why, reported };
}

/**
 * The journal's outcome is a second witness: where it cannot be written, the report is the first.
 */
async function note(
  journal: Journal | undefined,
  attempt: Attempt,
  outcome: Outcome,
): Promise<boolean> {
  return told(async () => journal?.settle(attempt, outcome));
}

const told = async (tell: () => Promise<unknown>): Promise<boolean> => {
  try {
    await tell();
    return true;
  } catch (error) {
    if (error instanceof SafebandError && error.type === 'InvalidInput') throw error;
    return false;
  }
};
