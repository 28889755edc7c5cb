/**
 * Reads what a webhook of Unipile reports (docs/unipile.md lists the events). The text of a message
 * and the names in it are never read.
 */
import { parseInstant } from '../domain/primitives/time.js';

export type UnipileEvent = { readonly unipileAccountId: string } & (
  | {
      readonly type: 'sent';
      readonly chatId: string;
      readonly messageId: string;
      readonly recipientId: string | undefined;
      readonly sentAt: string;
    }
  | { readonly type: 'reply'; readonly chatId: string; readonly at: string }
  | { readonly type: 'status'; readonly status: string }
);
/** Why an event changes nothing. */
export const IGNORED = {
  not_linkedin: 'the account is not a LinkedIn account',
  other_event: 'Safeband uses message_received and account statuses only',
  not_an_inmail: 'the message is not an InMail, or an answer to one',
  sender_unknown: 'the event does not show who sent the message',
} as const;
export type Ignored = keyof typeof IGNORED;
/** What is wrong with an event; the field is a name of Unipile. */
export type EventFlaw = { readonly field: string; readonly should: string };
export type Read =
  { readonly event: UnipileEvent } | { readonly ignored: Ignored } | { readonly flaw: EventFlaw };

type Fields = ReadonlyMap<string, unknown>;
const fieldsOf = (raw: unknown): Fields =>
  new Map(Object.entries(typeof raw === 'object' && raw !== null ? raw : {}));
const textOf = (fields: Fields, name: string): string | undefined => {
  const value = fields.get(name);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
};

/** Reads the body of a request. Throws nothing: a body of another shape is an ignored event. */
export function readUnipileEvent(body: unknown): Read {
  const fields = fieldsOf(body);
  const status = fields.get('AccountStatus');
  if (status !== undefined) return statusIn(fieldsOf(status));
  if (fields.get('event') !== 'message_received') return { ignored: 'other_event' };
  if (!isLinkedIn(fields)) return { ignored: 'not_linkedin' };
  return messageIn(fields);
}

const isLinkedIn = (fields: Fields): boolean => fields.get('account_type') === 'LINKEDIN';
const missing = (field: string): Read => ({ flaw: { field, should: 'a text that is not blank' } });

function statusIn(fields: Fields): Read {
  if (!isLinkedIn(fields)) return { ignored: 'not_linkedin' };
  const unipileAccountId = textOf(fields, 'account_id');
  if (unipileAccountId === undefined) return missing('AccountStatus.account_id');
  const status = textOf(fields, 'message');
  if (status === undefined) return missing('AccountStatus.message');
  return { event: { type: 'status', unipileAccountId, status } };
}

/** Kinds of messages of Unipile (`message_type`) that answer an InMail. */
const ANSWERS: readonly unknown[] = ['INMAIL_REPLY', 'INMAIL_ACCEPT', 'INMAIL_DECLINE'];

/** True if the account sent it; undefined if the event does not show this. */
function isFromAccount(fields: Fields): boolean | undefined {
  const shown = fields.get('is_sender');
  if (typeof shown === 'boolean') return shown;
  const own = textOf(fieldsOf(fields.get('account_info')), 'user_id');
  const sender = senderOf(fields);
  return own === undefined || sender === undefined ? undefined : own === sender;
}

const ATTENDEE = 'attendee_provider_id';
const senderOf = (fields: Fields): string | undefined =>
  textOf(fieldsOf(fields.get('sender')), ATTENDEE);

function messageIn(fields: Fields): Read {
  const kind = textOf(fields, 'message_type');
  const isInChat = fields.get('chat_content_type') === 'inmail';
  const isSent = isFromAccount(fields);
  // In the chat of an InMail, a message of the kind MESSAGE is an ordinary one and costs no credit.
  const isInMail = kind === undefined ? isInChat : kind === 'INMAIL';
  const isAnswer = ANSWERS.includes(kind) || (isInChat && kind !== 'INMAIL');
  if (!isInMail && !isAnswer) return { ignored: 'not_an_inmail' };
  if (isSent === undefined) return { ignored: 'sender_unknown' };
  if (isSent ? !isInMail : !isAnswer) return { ignored: 'not_an_inmail' };
  const unipileAccountId = textOf(fields, 'account_id');
  if (unipileAccountId === undefined) return missing('account_id');
  const chatId = textOf(fields, 'chat_id');
  if (chatId === undefined) return missing('chat_id');
  const at = textOf(fields, 'timestamp');
  if (at === undefined || parseInstant(at) === undefined) {
    return { flaw: { field: 'timestamp', should: 'a time with an offset, such as …T13:49:07Z' } };
  }
  if (!isSent) return { event: { type: 'reply', unipileAccountId, chatId, at } };
  const messageId = textOf(fields, 'message_id');
  if (messageId === undefined) return missing('message_id');
  const recipientId = recipientOf(fields);
  return {
    event: { type: 'sent', unipileAccountId, chatId, messageId, recipientId, sentAt: at },
  };
}

/** Returns the one attendee who is not the sender; undefined if there is none, or more than one. */
function recipientOf(fields: Fields): string | undefined {
  const attendees = fields.get('attendees');
  const sender = senderOf(fields);
  const own = textOf(fieldsOf(fields.get('account_info')), 'user_id');
  const others = (Array.isArray(attendees) ? attendees : [])
    .map((attendee: unknown) => textOf(fieldsOf(attendee), ATTENDEE))
    .filter((id) => id !== undefined && id !== sender && id !== own);
  const [only, ...more] = new Set(others);
  return more.length === 0 ? only : undefined;
}
