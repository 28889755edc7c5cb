/** The messages about InMail credits over HTTP (R24). */
import * as requests from '../../domain/wire/requests.js';
import { bodyOf, note } from './body.js';
import { NOTES, noteOfInstant } from './parts.js';

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
