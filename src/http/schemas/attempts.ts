/** The schemas of the permission to call LinkedIn over HTTP (R18). */
import { Type } from 'typebox';
import { closed, day, instant, may, reservationId, text } from './parts.js';

const { Enum, Literal, Optional, String, Union } = Type;
const ATTEMPT_ID_MAX = 128;

const attemptFields = closed({
  reservationId,
  attemptId: may(
    text(
      ATTEMPT_ID_MAX,
      'A new random text for each call of LinkedIn, kept in memory only. With it, you may repeat ' +
        'this request within 30 s if its answer is lost.',
      '0d5cf2a1-6c1e-4d0b-9a8e-3f3f3f6b2c11',
    ),
  ),
});
export const attemptBody = {
  ...attemptFields,
  examples: [
    { reservationId: 'q4-0001', attemptId: '0d5cf2a1-6c1e-4d0b-9a8e-3f3f3f6b2c11' },
    { reservationId: 'q4-0002' },
  ],
};
export const attemptAnswer = Union([
  closed(
    {
      mayAttempt: Literal(true),
      reservationId,
      quotaDay: day('The UTC day to which the slot belongs.'),
      leaseExpiresAt: instant('Report the outcome before this instant.'),
    },
    'Call LinkedIn once, now, and report the outcome.',
  ),
  closed(
    {
      mayAttempt: Literal(false),
      reservationId,
      reason: Enum(['attempted', 'not_allowed', 'waiting', 'fleet_held']),
      detail: String({ description: 'The reason in a sentence, with the next step.' }),
      attemptedAt: Optional(instant('When the other attempt began; only with attempted.')),
    },
    'Do not call LinkedIn.',
  ),
]);
