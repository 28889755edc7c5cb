/** The schemas of the answers to an ask, and of one reservation or ask that waits. */
import { FAILURE_TYPES } from '../../domain/account/refusals.js';
import { DENIAL_REASONS } from '../../domain/gate/reasons.js';
import { FLEET_HELD } from '../../domain/fleet/fleetHeld.js';
import { slotState } from './answers.js';
import { Type } from 'typebox';
import {
  accountId,
  closed,
  count,
  day,
  denied,
  instant,
  orNull,
  reservationId,
  wouldDeny,
} from './parts.js';

const { Array, Enum, Literal, Optional, Union, Boolean, String } = Type;

const grant = {
  granted: Literal(true),
  quotaDay: day('The UTC day to which the slot belongs.'),
  leaseExpiresAt: instant(
    'The end of the lease: until then the slot may stay in flight without a report.',
  ),
  remainingToday: count('Slots left today, after this grant.'),
  repeated: Boolean({
    description: 'True: this id already had its grant, and no new slot was taken.',
  }),
  wouldDeny: Optional(wouldDeny),
};
const denial = { granted: Literal(false), ...denied };
const position = count('Its place in the line, from 1.', 1);
const expectedAt = orNull(
  instant('When its turn comes if all before it get a slot. Null: not before a person acts.'),
);
const fleetHeld = closed(
  {
    granted: Literal(false),
    reservationId,
    reason: Literal(FLEET_HELD),
    retryAt: Type.Null(),
  },
  'The brake holds the fleet: no account was asked. Ask again after its release.',
);
export const decision = Union([
  closed({ ...grant, reservationId }, 'Granted: the caller may call LinkedIn once.'),
  closed({ ...denial, reservationId }, 'Denied: nothing was counted. Ask again at retryAt.'),
  closed(
    {
      granted: Literal(false),
      waiting: Literal(true),
      reservationId,
      position,
      expectedAt,
      reason: String({ description: 'Why it waits.' }),
    },
    'Only with wait: the ask waits in the account. The decision comes when its turn has come.',
  ),
  closed(
    { ...denial, reason: Literal('line_full'), reservationId },
    'Only with wait: the line has no place left. Ask again at retryAt.',
  ),
  fleetHeld,
]);
const reasonOfMember = Enum([...DENIAL_REASONS, FLEET_HELD]);
/** The answer to an ask of a group (R31). */
export const groupDecision = Union([
  closed({ ...grant, reservationId, accountId }, 'Granted by that account: send with it.'),
  closed(
    {
      ...denial,
      reason: reasonOfMember,
      reservationId,
      accountId: orNull(
        String({ description: 'Whose denial this is. Null: no account was asked.' }),
      ),
      members: Array(
        closed({
          accountId,
          reason: reasonOfMember,
          retryAt: orNull(instant('When to ask again.')),
          asked: Boolean({ description: 'False: the reason is that of the rows.' }),
        }),
        { description: 'The accounts that were asked, and others that need a person; at most 20.' },
      ),
    },
    'No account granted: the denial that ends first, or the one of the recipient.',
  ),
]);
export const withdrawn = closed({ withdrawn: Literal(true), reservationId });
export const peek = Union([closed(grant), closed(denial)]);
export const batch = closed({
  decisions: Array(
    Union([
      ...decision.anyOf,
      closed(
        {
          granted: Literal(false),
          reservationId: orNull(String()),
          error: closed({ type: Enum(FAILURE_TYPES), message: String() }),
        },
        'An item that could not be decided. The other items were decided.',
      ),
    ]),
  ),
});

const askWaiting = closed(
  {
    reservationId,
    state: Literal('waiting'),
    position,
    expectedAt,
    reason: String({ description: 'Why it waits.' }),
    campaignId: orNull(String()),
    priority: count('0 is served first, 9 last.'),
    askedAt: instant('When the ask came.'),
    validUntil: instant('The end of its wait.'),
    mayAttempt: Literal(false),
  },
  'The ask waits for its turn.',
);
const askDecided = closed(
  {
    reservationId,
    state: Enum(['denied', 'withdrawn']),
    reason: String({ description: 'Why it was denied, or why it waited.' }),
    decidedAt: instant('When it was decided.'),
    mayAttempt: Literal(false),
  },
  'The ask waited, and got no slot.',
);
export const waiting = Array(askWaiting, { description: 'In the order of the line.' });
export const reservation = Union([slotState, askWaiting, askDecided]);
