/**
 * Sends InMails through Unipile (`POST /api/v1/chats`), with the built-in `fetch`. The API key is
 * in the header of the request only: no error and no answer of this file contains it, or the text
 * of an InMail.
 */
import { failureOfFetch, secondsIn, type Provider } from '../client/answers.js';
import { SendFailure, type Send, type SendAnswer } from '../client/sendWithSlot.js';
import { kindOf } from './errorTable.js';

export type UnipileOptions = {
  /** The address of your Unipile instance (DSN), such as `https://api1.unipile.com:13111`. */
  readonly dsn: string;
  /** The access token of Unipile's dashboard. */
  readonly apiKey: string;
};

/** The LinkedIn product that sends the InMail, in Unipile's names. */
export type UnipileApi = 'classic' | 'sales_navigator' | 'recruiter';

/** One InMail. */
export type UnipileLetter = {
  /** Unipile's id of the account that sends. */
  readonly unipileAccountId: string;
  /** LinkedIn's id of the recipient, as `api` needs it: `ACo…`, `ACw…` or `AE…`. */
  readonly recipientId: string;
  readonly text: string;
  readonly subject?: string;
  /** `classic` by default. */
  readonly api?: UnipileApi;
};

/** States of an account at Unipile (`GET /api/v1/accounts/{id}`). */
export type UnipileStatus =
  'OK' | 'STOPPED' | 'ERROR' | 'CREDENTIALS' | 'PERMISSIONS' | 'CONNECTING' | 'DELETED';
const STATUSES: readonly UnipileStatus[] = [
  'DELETED',
  'CREDENTIALS',
  'PERMISSIONS',
  'ERROR',
  'STOPPED',
  'CONNECTING',
  'OK',
];

export type Unipile = Provider<UnipileLetter> & {
  /**
   * Returns the present status of an account: the worst of its sources; `DELETED` if Unipile does
   * not know the account, and undefined if Unipile gives no clear answer.
   */
  readonly status: (unipileAccountId: string) => Promise<UnipileStatus | undefined>;
  /** Returns the InMail credits of an account; undefined if Unipile gives no clear answer. */
  readonly balance: (unipileAccountId: string) => Promise<UnipileBalance | undefined>;
};

/** InMail credits by LinkedIn product; null: the account does not have the product. */
export type UnipileBalance = {
  readonly premium: number | null;
  readonly recruiter: number | null;
  readonly salesNavigator: number | null;
};

const READ_TIMEOUT_MS = 5_000;

/** Makes the adapter. Throws a RangeError if the address or the key cannot be used. */
export function createUnipile({ dsn, apiKey }: UnipileOptions): Unipile {
  const base = addressOf(dsn);
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new RangeError('apiKey should be the access token of Unipile: it is empty or has blanks');
  }
  const headers = { 'x-api-key': apiKey, accept: 'application/json' };
  return {
    send: (letter) => (call) => sendOne(base, headers, letter, call),
    status: (id) => statusOf(`${base}/api/v1/accounts/${encodeURIComponent(id)}`, headers),
    balance: (id) =>
      balanceOf(
        `${base}/api/v1/linkedin/inmail_balance?account_id=${encodeURIComponent(id)}`,
        headers,
      ),
  };
}

/** Returns the address without a slash at its end. Unipile's dashboard shows it without `https`. */
function addressOf(dsn: string): string {
  const text = dsn.includes('://') ? dsn : `https://${dsn}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url !== undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  const isSafe = url?.protocol === 'https:' || (isLocal && url.protocol === 'http:');
  if (url && isSafe && url.href === `${url.origin}/`) return url.origin;
  throw new RangeError(
    'dsn should be the address of your Unipile instance, such as https://api1.unipile.com:13111, ' +
      'without a path; http is allowed on this machine only',
  );
}

type Headers = Readonly<Record<string, string>>;

async function sendOne(
  base: string,
  headers: Headers,
  letter: UnipileLetter,
  { signal }: Parameters<Send>[0],
): Promise<SendAnswer> {
  const body = formOf(letter);
  const answer = await fetch(`${base}/api/v1/chats`, {
    method: 'POST',
    headers,
    body,
    signal,
    redirect: 'manual', // the key is for this address only
  }).catch((error: unknown) => {
    throw failureOfFetch(error);
  });
  const fields = await fieldsOf(answer);
  if (!answer.ok) throw failureOf(answer, fields.get('type'));
  const messageId = fields.get('message_id');
  return { chatId: fields.get('chat_id') ?? null, ...(messageId ? { messageId } : {}) };
}

/** Unipile takes the options of LinkedIn in brackets. */
function formOf({ unipileAccountId, recipientId, text, subject, api }: UnipileLetter): FormData {
  const form = new FormData();
  form.set('account_id', unipileAccountId);
  form.append('attendees_ids', recipientId);
  form.set('text', text);
  if (subject !== undefined) form.set('subject', subject);
  form.set('linkedin[api]', api ?? 'classic');
  form.set('linkedin[inmail]', 'true');
  return form;
}

/** Returns the texts of a JSON object; none if the body is something else. */
async function fieldsOf(answer: Response): Promise<ReadonlyMap<string, string>> {
  try {
    const raw: unknown = await answer.json();
    return new Map(
      Object.entries(raw ?? {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
      ),
    );
  } catch {
    return new Map(); // the body was cut off, or a proxy between us and Unipile answered
  }
}

/** The longest error type that a message shows. */
const TYPE_CHARS = 64;

/** Returns the failure of an answer. A server that failed may have sent the InMail before. */
function failureOf({ status, headers }: Response, type: string | undefined): SendFailure {
  const hasFailed = status >= 500 && status !== 501;
  const kind = hasFailed ? 'unknown' : kindOf(type);
  const code = type?.slice(0, TYPE_CHARS);
  const why = `Unipile answered ${status}${code === undefined ? '' : `, ${code}`}`;
  return new SendFailure(kind, why, secondsIn(headers.get('retry-after'), Date.now()), code);
}

type Found = { readonly status: number; readonly fields: ReadonlyMap<string, unknown> };

/** Reads one JSON object; undefined if no answer came, or an answer of another shape. */
async function readJson(url: string, headers: Headers): Promise<Found | undefined> {
  try {
    const signal = AbortSignal.timeout(READ_TIMEOUT_MS);
    const answer = await fetch(url, { headers, signal, redirect: 'manual' });
    const raw: unknown = await answer.json();
    return { status: answer.status, fields: new Map(Object.entries(raw ?? {})) };
  } catch {
    return undefined;
  }
}

async function statusOf(url: string, headers: Headers): Promise<UnipileStatus | undefined> {
  const { status, fields } = (await readJson(url, headers)) ?? {};
  if (status === 404 && fields?.get('type') === 'errors/resource_not_found') return 'DELETED';
  const sources = status === 200 ? fields?.get('sources') : undefined;
  const found = (Array.isArray(sources) ? sources : []).map((source: unknown) =>
    new Map<string, unknown>(Object.entries(source ?? {})).get('status'),
  );
  return STATUSES.find((one) => found.includes(one));
}

async function balanceOf(url: string, headers: Headers): Promise<UnipileBalance | undefined> {
  const { status, fields } = (await readJson(url, headers)) ?? {};
  if (status !== 200 || fields?.get('object') !== 'LinkedinInmailBalance') return undefined;
  const countOf = (name: string): number | null => {
    const value = fields.get(name);
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
  };
  return {
    premium: countOf('premium'),
    recruiter: countOf('recruiter'),
    salesNavigator: countOf('sales_navigator'),
  };
}
