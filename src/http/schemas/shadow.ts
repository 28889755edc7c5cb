/** The schema of the report of shadow mode (R23). */
import { Type } from 'typebox';
import { SHADOW_GROUPS } from '../../postgres/diagnostics/shadow.js';
import { accountId, closed, count, day, instant, mode, orNull, reservationId } from './parts.js';

const { Array: List, Boolean, Integer, Record, String } = Type;

const group = Type.Enum(SHADOW_GROUPS, {
  description:
    'recipient: recipient_contacted; pacing: paced; caps: every cap; window: outside_window; ' +
    'stops: a hold, a cooldown, credits that are used up, or a missing reconcile.',
});
const reason = String({ description: 'A reason of a denial.' });
const numbers = {
  granted: count('Grants.'),
  delivered: count('How many of these grants are delivered.'),
};
const both = {
  ...numbers,
  wouldDeny: count('Grants that the gate would have denied.'),
  wouldDenyDelivered: count('How many of those are delivered.'),
};
export const shadowGrant = closed({
  reservationId,
  quotaDay: day('The day to which the slot belongs.'),
  reservedAt: instant('When it was granted.'),
  reason,
  limit: orNull(count('The cap that was reached.')),
  used: orNull(count('The used part of that cap.')),
  contactedBy: orNull(String({ description: 'The reservation that had contacted the recipient.' })),
  retryAt: orNull(
    instant('When the gate would have granted it. Null: only a person, or an outcome, could help.'),
  ),
  state: Type.Enum(['in_flight', 'delivered', 'released', 'uncertain']),
  campaignId: orNull(String()),
  recipientId: orNull(String()),
});
export const shadowReport = closed({
  accountId,
  mode,
  from: day('The first quota day.'),
  to: day('The last quota day: today.'),
  ...both,
  groups: List(closed({ group, ...numbers }), {
    description: 'The grants that would have been denied, in each group of reasons.',
  }),
  reasons: List(
    closed({
      reason,
      group,
      ...numbers,
      firstAt: instant('The first of these grants.'),
      lastAt: instant('The last of these grants.'),
    }),
    { description: 'The most frequent reason first.' },
  ),
  days: List(
    closed({
      quotaDay: day('A day with grants.'),
      ...both,
      reasons: Record(String(), Integer(), {
        description: 'The grants that would have been denied, by reason.',
      }),
    }),
    { description: 'The last day first.' },
  ),
  grants: List(shadowGrant, {
    description: 'The grants that would have been denied, the newest first. At most 100.',
  }),
  isCut: Boolean({ description: 'True: there are more of these grants. The file has all.' }),
});
