/**
 * One InMail that waits for its turn in the account (R21), and is then sent as `sendWithSlot` sends
 * it. If the process restarts, the caller calls again with the same id: the ask has kept its place,
 * and the journal decides if the InMail was already attempted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SafebandError } from './errors.js';
import {
  SEND_TIMEOUT_MS,
  sendGranted,
  takenFor,
  type Denied,
  type Granted,
  type Send,
  type Sender,
  type SendOptions,
  type SendResult,
} from './sendWithSlot.js';
import type { Journal } from './journal.js';
import type { ReserveRequest } from './reserving.js';
import { FLEET_HELD } from '../domain/fleet/fleetHeld.js';

export type WhenAllowedRequest = Omit<ReserveRequest, 'wait' | 'validUntil'> & {
  /** The end of the wait; at most 32 days ahead. */
  readonly validUntil: string;
  /** From 0, which is served first, to 9; 5 by default. */
  readonly priority?: number | null;
};
export type WhenAllowedOptions = SendOptions & {
  /** Needed: of two processes that wait with one id, only the first to write its row sends. */
  readonly journal: Journal;
  /** How often the account is asked while the expected turn is far, in ms; 10 s by default. */
  readonly pollMs?: number;
  /** Ends the wait: the ask is withdrawn, and nothing is sent. */
  readonly signal?: AbortSignal;
};

/** How often the account is asked: often near the expected turn, because the lease then runs. */
const NEAR_MS = 1_000;
const FAR_MS = 10_000;
/** How long the account may be silent after the end of the wait before the call gives up. */
const SILENCE_MS = 60_000;

/** Waits for a slot until `validUntil`, calls `send` if that is allowed, reports the outcome. */
export async function sendWhenAllowed(
  client: Sender,
  accountId: string,
  request: WhenAllowedRequest,
  send: Send,
  options: WhenAllowedOptions,
): Promise<SendResult> {
  const decided = await grantOf(client, accountId, request, options);
  if (decided === 'stopped') {
    const why = 'the caller has ended the wait';
    return { sent: false, kind: 'not_attempted', why, reported: false };
  }
  if ('reason' in decided) return { sent: false, denial: decided };
  await untilReleased(client, accountId, decided, options);
  return sendGranted(client, accountId, decided, send, options);
}

/**
 * Waits while the brake holds the fleet (R27), until the lease is too short for the call: a slot
 * that came from the line is then given back.
 */
async function untilReleased(
  client: Sender,
  accountId: string,
  { leaseExpiresAt, reservationId }: Granted,
  options: WhenAllowedOptions,
): Promise<void> {
  const lastCall = Date.parse(leaseExpiresAt) - (options.sendTimeoutMs ?? SEND_TIMEOUT_MS);
  for (;;) {
    const isHeld = await client.fleetHeld?.(accountId);
    if (!isHeld || Date.now() > lastCall) return;
    options.onWait?.(`reservation ${reservationId} waits: the brake holds the fleet`);
    if (await isStopped(NEAR_MS, options)) return;
  }
}

/** Asks and waits until the ask has its slot or its last denial. */
async function grantOf(
  client: Sender,
  accountId: string,
  request: WhenAllowedRequest,
  options: WhenAllowedOptions,
): Promise<Granted | Denied | 'stopped'> {
  const ask = { ...request, ...takenFor(request, options), wait: true } as const;
  const end = Date.parse(request.validUntil);
  for (;;) {
    const answer = await unlessSilent(() => client.reserve(accountId, ask), end);
    if (answer === undefined) continue;
    if (answer.granted) return answer;
    if ('waiting' in answer) {
      options.onWait?.(`reservation ${answer.reservationId} is number ${answer.position} in line`);
      const turn = await turnOf(client, accountId, answer.reservationId, options, end);
      if (turn !== 'decided') return turn;
      continue; // denied: the account answers the same ask with the reason
    }
    if (answer.reason === FLEET_HELD) {
      if (Date.now() >= end) return answer;
      options.onWait?.(`reservation ${answer.reservationId} waits: the brake holds the fleet`);
      if (await isStopped(NEAR_MS, options)) return 'stopped';
      continue;
    }
    const retryAt = answer.retryAt === null ? Infinity : Date.parse(answer.retryAt);
    if (retryAt >= end) return answer;
    options.onWait?.(`reservation ${answer.reservationId} asks again later: ${answer.reason}`);
    if (await isStopped(Math.max(NEAR_MS, retryAt - Date.now()), options)) return 'stopped';
  }
}

/** Asks until the turn has come; `decided`: the ask no longer waits, and has no slot. */
async function turnOf(
  client: Sender,
  accountId: string,
  reservationId: string,
  options: WhenAllowedOptions,
  end: number,
): Promise<Granted | 'decided' | 'stopped'> {
  for (;;) {
    const known = await unlessSilent(() => client.reservation(accountId, reservationId), end).catch(
      (error: unknown) => {
        if (error instanceof SafebandError && error.type === 'ReservationUnknown') return null;
        throw error;
      },
    );
    if (known === null) return 'decided';
    if (known && known.state !== 'waiting') {
      const { quotaDay, leaseExpiresAt } = known;
      return { reservationId, quotaDay, leaseExpiresAt, repeated: true }; // the journal decides
    }
    const far = options.pollMs ?? FAR_MS;
    const turn = known?.expectedAt ? Date.parse(known.expectedAt) - Date.now() : far;
    const pause = Math.min(far, Math.max(NEAR_MS, turn));
    if (!(await isStopped(pause, options))) continue;
    // If its turn came in the meantime, the slot is given back by its lease or by a later call.
    await client.withdraw(accountId, reservationId).catch(() => undefined);
    return 'stopped';
  }
}

/** Returns undefined if the account does not answer now; throws at last, after the wait's end. */
async function unlessSilent<T>(work: () => Promise<T>, end: number): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const isSilent = error instanceof SafebandError && error.type === 'Unavailable';
    if (!isSilent || Date.now() > end + SILENCE_MS) throw error;
    await sleep(NEAR_MS);
    return undefined;
  }
}

/** Waits, and returns true if the caller has ended the wait. */
async function isStopped(ms: number, { signal }: WhenAllowedOptions): Promise<boolean> {
  await sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined);
  return signal?.aborted === true;
}
