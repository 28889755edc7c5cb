/**
 * The past sends in a file: LinkedIn's own data export (`messages.csv`), or a list of sends of any
 * other system.
 */
import { isAccountId, isRecipientId, type RecipientId } from '../../domain/primitives/ids.js';
import { DAY_MS, parseInstant, type Instant } from '../../domain/primitives/time.js';
import { usage } from '../errors.js';
import type { CsvFile, CsvLine } from './csvFile.js';

/** A send, or the reason why the line is none. `left out` is no fault of the line. */
export type HistoryLine = { readonly line: number; readonly accountId: string } & (
  | { readonly result: 'sent'; readonly sentAt: Instant; readonly recipientId: RecipientId | null }
  | { readonly result: 'refused' | 'left_out'; readonly message: string }
);

/** Older contacts are never asked for: this is the longest memory of recipients (R20). */
const AGE_DAYS_MAX = 366;
const EXPORT = ['conversation_id', 'sender_profile_url', 'recipient_profile_urls', 'date'];
const GENERIC = ['account', 'sent_at', 'recipient'];

type Asked = {
  /** The account of all lines; undefined: each line names its own. */
  readonly accountId: string | undefined;
  /** The address of the member's profile in LinkedIn's export; undefined: it is found. */
  readonly member: string | undefined;
  readonly now: Instant;
};

/** Returns what each line is. Throws if the columns, or what was asked, do not fit the file. */
export function historyLines(file: CsvFile, asked: Asked): readonly HistoryLine[] {
  if (EXPORT.every((name) => file.columns.includes(name))) return exportedLines(file, asked);
  const unknown = file.columns.filter((name) => !GENERIC.includes(name));
  if (unknown.length > 0 || !file.columns.includes('sent_at')) {
    throw usage(
      'the first line should name the columns sent_at, and optionally account and recipient; or ' +
        `the file should be messages.csv of LinkedIn's data export (found: ${file.columns.join(', ')})`,
    );
  }
  if (file.columns.includes('account') === (asked.accountId !== undefined)) {
    throw usage('name the account with --account, or in a column account, and not in both');
  }
  return file.lines.map((line) => genericLine(line, asked));
}

function genericLine({ line, cells, flaw }: CsvLine, { accountId, now }: Asked): HistoryLine {
  const named = accountId ?? cells.get('account') ?? '';
  const refused = (message: string): HistoryLine => ({
    line,
    accountId: named,
    result: 'refused',
    message,
  });
  if (flaw !== undefined) return refused(flaw);
  if (!isAccountId(named)) return refused(`account: "${named}" is not the id of an account`);
  const recipient = cells.get('recipient') ?? '';
  if (recipient !== '' && !isRecipientId(recipient)) {
    return refused(`recipient: "${recipient}" is not an id of LinkedIn`);
  }
  return sentLine({ line, accountId: named }, cells.get('sent_at') ?? '', recipient, {
    column: 'sent_at',
    now,
  });
}

/** Reads the time of a send, and returns the line with it. */
function sentLine(
  of: { readonly line: number; readonly accountId: string },
  raw: string,
  recipient: string,
  { column, now }: { readonly column: string; readonly now: Instant },
): HistoryLine {
  const sentAt = instantIn(raw);
  if (sentAt === undefined) {
    const message =
      `${column}: "${raw}" is not valid. Use a day such as 2026-11-23, or a time with an offset ` +
      'such as 2026-11-23T18:20:36Z.';
    return { ...of, result: 'refused', message };
  }
  if (sentAt > now) return { ...of, result: 'refused', message: `${column}: "${raw}" is ahead` };
  if (now - sentAt > AGE_DAYS_MAX * DAY_MS) {
    return { ...of, result: 'left_out', message: `${column}: older than ${AGE_DAYS_MAX} days` };
  }
  return {
    ...of,
    result: 'sent',
    sentAt,
    recipientId: isRecipientId(recipient) ? recipient : null,
  };
}

/** Reads `2026-11-23`, an instant with an offset, or `2026-11-23 18:20:36 UTC`. */
function instantIn(raw: string): Instant | undefined {
  const text = raw.trim();
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return parseInstant(`${text}T00:00:00Z`);
  return parseInstant(text.replace(/ ?(?:UTC|GMT)$/, 'Z').replace(' ', 'T'));
}

type Message = {
  readonly line: number;
  readonly chat: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly date: string;
  readonly isDraft: boolean;
};

/**
 * Reads LinkedIn's export. It does not name InMails: each conversation that the member began counts
 * as one. This may count a message to a contact, and misses no InMail.
 */
function exportedLines({ lines }: CsvFile, { accountId, member, now }: Asked) {
  if (accountId === undefined) {
    throw usage("LinkedIn's export is of one member: name the account with --account");
  }
  const messages = lines.map((line) => messageOf(line));
  const own = member === undefined ? memberIn(messages) : addressOf(member);
  const first = new Map<string, Message>();
  for (const one of messages) {
    const known = first.get(one.chat);
    if (!one.isDraft && (!known || one.date < known.date)) first.set(one.chat, one);
  }
  return messages.map((one): HistoryLine => {
    const of = { line: one.line, accountId };
    const leftOut = (message: string): HistoryLine => ({ ...of, result: 'left_out', message });
    if (one.isDraft) return leftOut('a draft');
    if (one.sender !== own) return leftOut('another person sent it');
    if (first.get(one.chat) !== one) return leftOut('a later message of its conversation');
    if (one.recipients.length > 1) return leftOut('a message to a group');
    return sentLine(of, one.date, one.recipients[0] ?? '', { column: 'date', now });
  });
}

function messageOf({ line, cells }: CsvLine): Message {
  const at = (name: string): string => cells.get(name) ?? '';
  return {
    line,
    chat: at('conversation_id'),
    sender: addressOf(at('sender_profile_url')),
    recipients: at('recipient_profile_urls').split(',').map(addressOf).filter(Boolean),
    date: at('date'),
    isDraft: /^(yes|true)$/i.test(at('is_message_draft')),
  };
}

const addressOf = (url: string): string => url.trim().replace(/\/+$/, '').toLowerCase();

/** Returns the member whose export it is: the only person who is in every conversation. */
function memberIn(messages: readonly Message[]): string {
  const chats = new Map<string, Set<string>>();
  for (const { chat, sender, recipients } of messages) {
    const people = chats.get(chat) ?? new Set();
    for (const one of [sender, ...recipients]) if (one !== '') people.add(one);
    chats.set(chat, people);
  }
  const [some = new Set<string>(), ...others] = chats.values();
  const everywhere = [...some].filter((one) => others.every((people) => people.has(one)));
  const [only] = everywhere;
  if (only !== undefined && everywhere.length === 1) return only;
  throw usage(
    'the file does not show whose export it is: name the address of the member with --member',
  );
}
