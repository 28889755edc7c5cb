/** The schemas of links to an account. */
import { Type } from 'typebox';
import { SHARE_HOURS, shareLabel } from '../../domain/wire/shareOrder.js';
import { ACTOR_RULE } from '../../domain/wire/values.js';
import { SHARE_ID_PATTERN } from '../../postgres/access/shares.js';
import { note } from './body.js';
import { accountId, closed, instant, may, orNull } from './parts.js';

const { Enum, Integer, Null, Optional, String } = Type;
const shareId = String({
  pattern: SHARE_ID_PATTERN,
  ...note('The id of the link; it opens nothing.', '9f2c4b7a10d3e856'),
});

export const shareParams = closed({ accountId, shareId });
export const shareOrder = Type.Object(
  {
    expiresInHours: Optional(
      Type.Union([
        Integer({
          minimum: SHARE_HOURS.min,
          maximum: SHARE_HOURS.max,
          default: SHARE_HOURS.default,
          description: 'How long the link is valid: 1 hour to 90 days, by default 7 days.',
        }),
        Null(),
      ]),
    ),
    label: may(
      String({
        ...shareLabel.rule,
        ...note(
          'What operators call the link; the page that it opens does not show it.',
          'ticket 4711',
        ),
      }),
    ),
    actor: may(
      String({
        ...ACTOR_RULE,
        ...note('The person who makes the link, recorded as "ada via <key>".', 'ada'),
      }),
    ),
  },
  {
    additionalProperties: false,
    examples: [{}, { expiresInHours: 24, label: 'ticket 4711', actor: 'ada' }],
  },
);
export const share = closed({
  shareId,
  accountId,
  label: orNull(String({ description: 'What operators call the link.' })),
  state: Enum(['valid', 'expired', 'revoked']),
  createdBy: String({ description: 'The actor: the name of a key, or `cli:<user>`.' }),
  createdAt: instant('When the link was made.'),
  expiresAt: instant('When the link ends.'),
  revokedAt: orNull(instant('When the link was revoked.')),
  revokedBy: orNull(String()),
  lastOpenedAt: orNull(instant('When the link was last opened, to the minute.')),
});
export const madeShare = closed({
  ...share.properties,
  url: String({ description: 'The link. Only this answer has it.' }),
});
