/** What the events of Unipile's webhooks are read as. */
import { describe, expect, it } from 'vitest';
import { orderOf, readUnipileEvent } from '../../../src/unipile/index.js';

const attendee = (id: string) => ({ attendee_id: `x-${id}`, attendee_provider_id: id });
/** A sent InMail, as the webhook reports it. */
const SENT = {
  account_id: 'uni-anna',
  account_type: 'LINKEDIN',
  account_info: { type: 'LINKEDIN', feature: 'classic', user_id: 'ACoAAanna' },
  event: 'message_received',
  chat_id: 'chat-1',
  message_id: 'msg-1',
  timestamp: '2026-11-23T13:49:07.965Z',
  message: 'Hello',
  sender: attendee('ACoAAanna'),
  attendees: [attendee('ACoAAanna'), attendee('ACoAArecipient')],
  message_type: 'INMAIL',
  chat_content_type: 'inmail',
};
const sent = {
  event: {
    type: 'sent',
    unipileAccountId: 'uni-anna',
    chatId: 'chat-1',
    messageId: 'msg-1',
    recipientId: 'ACoAArecipient',
    sentAt: '2026-11-23T13:49:07.965Z',
  },
};
const reply = {
  event: {
    type: 'reply',
    unipileAccountId: 'uni-anna',
    chatId: 'chat-1',
    at: '2026-11-23T13:49:07.965Z',
  },
};
const THEIRS = { ...SENT, sender: attendee('ACoAArecipient') };

describe('a message of a webhook of Unipile', () => {
  it.each([
    ['an InMail of the account', SENT, sent],
    ['an InMail without attendees', { ...SENT, attendees: null }, undefined],
    ['an InMail of which only the chat is marked', { ...SENT, message_type: null }, sent],
    ['an InMail that is_sender marks', { ...SENT, account_info: {}, is_sender: true }, sent],
    ['a reply', { ...THEIRS, message_type: 'INMAIL_REPLY' }, reply],
    ['an accepted InMail', { ...THEIRS, message_type: 'INMAIL_ACCEPT' }, reply],
    ['a declined InMail', { ...THEIRS, message_type: 'INMAIL_DECLINE' }, reply],
    ['a reply of which only the chat is marked', { ...THEIRS, message_type: null }, reply],
  ])('%s is read', (_, body, read) => {
    expect(readUnipileEvent(body)).toEqual(
      read ?? { event: { ...sent.event, recipientId: undefined } },
    );
  });

  it.each([
    ['an ordinary message', { ...SENT, message_type: 'MESSAGE', chat_content_type: null }],
    ['a later message in the chat of an InMail', { ...SENT, message_type: 'MESSAGE' }],
    ['an InMail that the account receives', { ...THEIRS, message_type: 'INMAIL' }],
    ['a message without a mark', { ...SENT, message_type: null, chat_content_type: null }],
    ['an invitation', { ...SENT, message_type: 'INVITATION', chat_content_type: null }],
  ])('%s is no InMail that counts', (_, body) => {
    expect(readUnipileEvent(body)).toEqual({ ignored: 'not_an_inmail' });
  });

  it.each([
    ['an unknown sender', { ...SENT, sender: null }, 'sender_unknown'],
    ['another network', { ...SENT, account_type: 'WHATSAPP' }, 'not_linkedin'],
    ['a read message', { ...SENT, event: 'message_read' }, 'other_event'],
    ['a reaction', { ...SENT, event: 'message_reaction' }, 'other_event'],
    ['an empty object', {}, 'other_event'],
    ['a list', [SENT], 'other_event'],
    ['null', null, 'other_event'],
  ])('%s is ignored', (_, body, ignored) => {
    expect(readUnipileEvent(body)).toEqual({ ignored });
  });

  it.each([
    ['account_id', { ...SENT, account_id: ' ' }],
    ['chat_id', { ...SENT, chat_id: '' }],
    ['message_id', { ...SENT, message_id: 7 }],
    ['timestamp', { ...SENT, timestamp: '2026-11-23T13:49:07' }],
    ['timestamp', { ...SENT, timestamp: 1_695_563_347 }],
    ['AccountStatus.message', { AccountStatus: { account_id: 'a', account_type: 'LINKEDIN' } }],
    ['AccountStatus.account_id', { AccountStatus: { message: 'OK', account_type: 'LINKEDIN' } }],
  ])('a wrong %s is named', (field, body) => {
    expect(readUnipileEvent(body)).toMatchObject({ flaw: { field } });
  });

  it('a group of recipients gives no recipient: the send counts, and matches no reservation', () => {
    const body = { ...SENT, attendees: [...SENT.attendees, attendee('ACoAAthird')] };
    expect(readUnipileEvent(body)).toEqual({ event: { ...sent.event, recipientId: undefined } });
  });
});

describe('a status of an account at Unipile', () => {
  it.each([
    ['OK', 'connect'],
    ['RECONNECTED', 'connect'],
    ['CREATION_SUCCESS', 'connect'],
    ['CREDENTIALS', 'disconnect'],
    ['DELETED', 'disconnect'],
    ['ERROR', 'hold'],
    ['STOPPED', 'hold'],
    ['CONNECTING', 'nothing'],
    ['SYNC_SUCCESS', 'nothing'],
    ['NEW_NEXT_YEAR', undefined],
    ['constructor', undefined],
  ])('the status %s is the order %s', (status, order) => {
    const body = {
      AccountStatus: { account_id: 'uni-anna', account_type: 'LINKEDIN', message: status },
    };
    expect(readUnipileEvent(body)).toEqual({
      event: { type: 'status', unipileAccountId: 'uni-anna', status },
    });
    expect(orderOf(status)).toBe(order);
  });
});
