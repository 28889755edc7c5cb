/**
 * The permission to call LinkedIn, for a program that has only HTTP: the server writes the row of
 * the journal for it, before the call and after it (R6, R18).
 */
import type { Static } from 'typebox';
import { pgJournal, type FailedReport } from '../../client/index.js';
import type { Attempt } from '../../client/journal.js';
import { FLEET_HELD } from '../../domain/fleet/fleetHeld.js';
import { FRESH_MS } from '../../domain/gate/cooldown.js';
import { within } from '../plumbing/within.js';
import { beginAttempt } from '../../postgres/save/attempts.js';
import { isoInstant } from '../../domain/primitives/time.js';
import { attemptAnswer, attemptBody } from '../schemas/attempts.js';
import { message, type Asked } from '../routes/message.js';
import { problemOf } from '../plumbing/problems.js';

/** How long a report waits for its row in the journal; then only the account gets it. */
const OUTCOME_MS = 2_000;

type Answer = Static<typeof attemptAnswer>;

export const attempts = message({
  name: 'attempts',
  needs: 'send',
  summary: 'Get the permission to call LinkedIn once, and record the attempt',
  description:
    'Of all callers of a reservation, one gets mayAttempt: true. If its answer is lost, it repeats ' +
    'the request with the same attemptId within 30 s.',
  body: attemptBody,
  answer: attemptAnswer,
  send: ({ parts, accountId, body }) => permit(parts, accountId, body),
});

async function permit(
  parts: Asked['parts'],
  accountId: string,
  { reservationId, attemptId }: Static<typeof attemptBody>,
): Promise<Answer> {
  const askedAt = parts.now();
  const found = await parts.client.reservation(accountId, reservationId);
  if (found.state === 'waiting') return refusal(reservationId, 'waiting', WAITS);
  const { quotaDay, leaseExpiresAt } = found;
  const own = { accountId, reservationId, quotaDay };
  if ('fleetHeld' in found) return refusal(reservationId, FLEET_HELD, FLEET_IS_HELD);
  if (!found.mayAttempt) return refusal(reservationId, 'not_allowed', notAllowed(found.state));
  const begun = await begin(parts, own, attemptId ?? null);
  if (!begun.begun) {
    const attemptedAt = isoInstant(begun.attemptedAt.getTime());
    return { ...refusal(reservationId, 'attempted', ATTEMPTED), attemptedAt };
  }
  // The row may have waited for the database, and a hold or a disconnect may have come since.
  if (parts.now() - askedAt > FRESH_MS) {
    const { mayAttempt } = await parts.client.reservation(accountId, reservationId);
    if (!mayAttempt) {
      await keepOutcome(parts, accountId, { reservationId, kind: 'not_attempted' });
      return refusal(reservationId, 'not_allowed', notAllowed('in_flight'));
    }
  }
  // The brake may have come while the row was written. No caller has its permission yet.
  if (await parts.client.fleetHeld(accountId)) {
    await keepOutcome(parts, accountId, { reservationId, kind: 'not_attempted' });
    return refusal(reservationId, FLEET_HELD, FLEET_IS_HELD);
  }
  return { mayAttempt: true, reservationId, quotaDay, leaseExpiresAt };
}

const begin = async ({ pool }: Asked['parts'], own: Attempt, attemptId: string | null) => {
  try {
    return await beginAttempt(pool, own, attemptId);
  } catch {
    const text = 'the database did not answer; do not call LinkedIn, and ask again with attemptId';
    throw problemOf('Unavailable', text);
  }
};

type Refusal = Extract<Answer, { readonly mayAttempt: false }>;
const refusal = (reservationId: string, reason: Refusal['reason'], detail: string): Refusal => ({
  mayAttempt: false,
  reservationId,
  reason,
  detail,
});

const WAITS =
  'The reservation waits for its turn. Ask for the permission when its state is in_flight.';
const ATTEMPTED =
  'Another request has begun the attempt of this reservation, so do not call LinkedIn. If it was ' +
  'yours and its answer was lost, nothing was sent for it: the slot becomes uncertain at the end ' +
  'of its lease and stays spent. Send with a new reservation.';
const FLEET_IS_HELD =
  'The brake holds the fleet, or cannot be read. Do not call LinkedIn; ask again after its release.';
const notAllowed = (state: string): string =>
  state === 'in_flight'
    ? 'The lease has ended, or the account is held, disconnected, without credits or in a cooldown.'
    : `The reservation is ${state}, so its one call was made or its slot is free again.`;

type Report =
  | { readonly reservationId: string; readonly chatId: string; readonly messageId?: string | null }
  | Pick<FailedReport, 'reservationId' | 'kind'>;

/**
 * Writes the outcome in the journal before the account learns it, so that the next reconcile finds
 * it if the report is lost. A failure here costs nothing but that: the account gets the report.
 */
export async function keepOutcome(
  { pool }: Pick<Asked['parts'], 'pool'>,
  accountId: string,
  report: Report,
): Promise<void> {
  const attempt = { accountId, reservationId: report.reservationId, quotaDay: '' };
  if ('kind' in report && report.kind === 'unknown') return;
  const outcome =
    'kind' in report
      ? ({ outcome: 'failed', errorCode: report.kind } as const)
      : ({
          outcome: 'delivered',
          chatId: report.chatId,
          messageId: report.messageId ?? undefined,
        } as const);
  await within(pgJournal(pool).settle(attempt, outcome), OUTCOME_MS).catch(() => undefined);
}
