/** The messages about InMail credits over HTTP, and their answers (R24). */
import { Type } from 'typebox';
import { REPLY_IGNORED } from '../../domain/account/stops.js';
import * as requests from '../../domain/wire/requests.js';
import { bodyOf, note } from './body.js';
import { closed, count, instant, NOTES, noteOfInstant, orNull, reservationId } from './parts.js';

export const creditsObserved = bodyOf(
  requests.creditsFields,
  {
    balance: note('The InMail credits that LinkedIn showed.', 12),
    at: noteOfInstant('When LinkedIn showed them.'),
  },
  { examples: [{ balance: 12, at: '2026-11-23T18:20:36.000Z' }] },
);

export const replyObserved = bodyOf(
  requests.replyFields,
  {
    chatId: NOTES.chatId,
    at: noteOfInstant('When the recipient replied. A time in the future is now.'),
  },
  { examples: [{ chatId: 'chat-7', at: '2026-11-23T18:20:36.000Z' }] },
);

/** The answer to an observed balance. */
export const creditsAnswer = closed({
  recorded: Type.Boolean({ description: 'False: the observation changed nothing.' }),
  ignored: orNull(Type.Enum(['older', 'too_old'])),
  balance: orNull(count('The balance that the account knows now. Null: none.')),
});

/** The answer to a reply. */
export const replyAnswer = closed({
  refunded: Type.Boolean({ description: 'True: the account has a credit more.' }),
  ignored: orNull(
    Type.Enum(['repeated', ...REPLY_IGNORED], {
      description: 'Why the reply gave no credit back.',
    }),
  ),
  reservationId: orNull(reservationId),
  sentAt: instant('When the InMail of the reply was sent.'),
  balance: orNull(count('The balance that the account knows now. Null: none.')),
});
