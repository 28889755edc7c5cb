/**
 * Errors as problem details (RFC 9457). `code` is a name of the contract's closed list; an error
 * that is not in that list, such as a wrong key, has only `type` and `title`.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SafebandError } from '../../client/index.js';
import type { FailureType } from '../../domain/account/refusals.js';

export type ProblemFields = {
  readonly status: number;
  /** The last part of `type`; the contract's name of the error if it has one. */
  readonly kind: string;
  readonly title: string;
  readonly detail: string;
  readonly code?: FailureType;
  /** The field that is wrong, such as `sendingWindow.start` or `requests[3].reservationId`. */
  readonly field?: string | undefined;
  readonly cure?: string;
  readonly retryAfterSeconds?: number;
};

/** A refusal of the HTTP server itself; thrown, and sent as `application/problem+json`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly statusCode: number;
  readonly fields: ProblemFields;

  constructor(fields: ProblemFields) {
    super(fields.detail);
    this.statusCode = fields.status;
    this.fields = fields;
  }
}

type Known = Pick<ProblemFields, 'status' | 'title'> & { readonly cure?: string };
/** The status, the title and the fix of each error of the contract. */
const CONTRACT: Readonly<Record<FailureType, Known>> = {
  InvalidInput: { status: 400, title: 'The request is not valid' },
  AccountUnknown: {
    status: 404,
    title: 'There is no such account',
    cure: 'connect the account first, or use a key that may see it',
  },
  ReservationUnknown: {
    status: 404,
    title: 'There is no such reservation',
    cure: 'check the id; ids are forgotten 48 hours after their quota day',
  },
  ChatUnknown: {
    status: 404,
    title: 'There is no InMail in this chat',
    cure: 'report the InMail first, then send the reply again; ignore replies in other chats',
  },
  ReservationConflict: {
    status: 409,
    title: 'This reservation id belongs to another request',
    cure: 'use a new reservation id',
  },
  ReservationSettled: {
    status: 409,
    title: 'This reservation has an outcome, or its lease has ended',
    cure: 'use a new reservation id for another attempt',
  },
  ChatIdMissing: {
    status: 422,
    title: 'A delivery needs its chatId as proof',
    cure: 'send chatId, or report sendFailed with the kind unknown',
  },
  ChatIdTaken: {
    status: 409,
    title: 'This proof belongs to another reservation',
    cure: 'send the id of the message as messageId; if it is the same InMail, it is already counted',
  },
  CapAboveSafeBand: {
    status: 422,
    title: 'A cap cannot be above the safe band',
  },
  Unavailable: {
    status: 503,
    title: 'No answer in time',
    cure: 'send the request again; a reserve with the same reservation id counts once',
  },
};

type Listed = { readonly name: string; readonly status: number; readonly title: string };
/** Returns every error that an answer may have, for the table of the documentation. */
export const knownErrors = (): readonly (Listed & { readonly cure?: string })[] => [
  ...Object.entries(CONTRACT).map(([name, known]) => ({ name, ...known })),
  ...[unauthenticated(''), forbidden(''), notFound(), tooMany(1)].map(({ fields }) => ({
    name: fields.kind,
    status: fields.status,
    title: fields.title,
    ...(fields.cure === undefined ? {} : { cure: fields.cure }),
  })),
];

const UNAVAILABLE_RETRY_SECONDS = 1;

/** Returns a problem with a code of the contract. */
export function problemOf(code: FailureType, detail: string, field?: string): Problem {
  const retryAfterSeconds =
    code === 'Unavailable' ? { retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS } : {};
  return new Problem({ ...CONTRACT[code], kind: code, code, detail, field, ...retryAfterSeconds });
}

/** Returns one text for unknown and for hidden accounts, so that a key cannot find hidden ones. */
export const accountUnknown = (): Problem =>
  problemOf('AccountUnknown', 'this key has no account with this id');

export const invalidInput = (detail: string, field?: string): Problem =>
  problemOf('InvalidInput', detail, field);

const plain = (
  status: number,
  kind: string,
  title: string,
  detail: string,
  cure?: string,
): Problem => new Problem({ status, kind, title, detail, ...(cure ? { cure } : {}) });

export const unauthenticated = (
  detail: string,
  cure = 'send the header "Authorization: Bearer <key>"; "safeband keys" makes one',
): Problem => plain(401, 'unauthenticated', 'This request needs a key', detail, cure);
export const forbidden = (detail: string, cure?: string): Problem =>
  plain(403, 'forbidden', 'This key does not allow that', detail, cure);
export const notFound = (): Problem =>
  plain(
    404,
    'not-found',
    'This address does not exist',
    'no route has this method and path',
    'see /docs for all routes',
  );
export const tooMany = (retryAfterSeconds: number): Problem =>
  new Problem({
    status: 429,
    kind: 'too-many-requests',
    title: 'Too many requests',
    detail: 'this key has used all its requests of this minute',
    cure: 'wait as long as Retry-After states; sendReserveBatch reserves up to 200 slots in one request',
    retryAfterSeconds,
  });

/** Our texts for refusals of the transport, whose status stays. */
const TRANSPORT: Readonly<Record<number, string>> = {
  413: 'the body is too large',
  414: 'the path is too long',
  415: 'the body should be JSON: send the header "Content-Type: application/json"',
};

/** Returns an error as a problem; undefined for a defect, whose text callers do not get. */
export function problemIn(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof SafebandError) return ofClient(error);
  if (!(error instanceof Error)) return undefined;
  if (isDatabaseAway(error)) return problemOf('Unavailable', 'the database did not answer in time');
  const status = 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status < 400 || status >= 500) return undefined;
  const detail = TRANSPORT[status] ?? error.message;
  return new Problem({
    ...CONTRACT.InvalidInput,
    status,
    kind: 'InvalidInput',
    code: 'InvalidInput',
    detail,
  });
}

/** Returns a refusal of the account as a problem; the first word of its text is the field. */
function ofClient({ type, message }: SafebandError): Problem {
  if (type === 'AccountUnknown') return accountUnknown();
  const field = /^([A-Za-z][\w.[\]]*) (?:should be|is missing)/.exec(message)?.[1];
  return problemOf(type, message, field);
}

/** True for a value that Postgres cannot read, such as the 40th of a month. */
export const isDataError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('22');

/** True if Postgres cannot be reached, shuts down, is full or does not answer. */
function isDatabaseAway(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return (
    /^(08|53|57P|57014|ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH)/.test(code) ||
    /timeout exceeded when trying to connect|Connection terminated|Query read timeout/.test(
      error.message,
    )
  );
}

/** Sends a problem as JSON. */
export function sendProblem(reply: FastifyReply, { fields, statusCode }: Problem): void {
  const { kind, status, retryAfterSeconds, ...more } = fields;
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  if (status === 401) void reply.header('www-authenticate', 'Bearer');
  void reply
    .code(statusCode)
    .header('content-type', 'application/problem+json')
    .header('cache-control', 'no-store')
    .send(Buffer.from(JSON.stringify({ type: `urn:safeband:problem:${kind}`, status, ...more })));
}

/** Answers any error; the log of a defect does not contain the request. */
export function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const problem = problemIn(error);
  if (problem) {
    sendProblem(reply, problem);
    return;
  }
  request.log.error({ err: error, route: request.routeOptions?.url }, 'http.failed');
  const detail = 'an internal error occurred and was logged';
  sendProblem(reply, plain(500, 'internal', 'Internal error', detail));
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
/** True for a browser that opens an address: it accepts HTML, other programs do not. */
export const wantsPage = ({ method, headers }: FastifyRequest): boolean =>
  method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '');

/** Answers errors and unknown routes of the whole server with problems, or `page` for people. */
export function addProblems(app: FastifyInstance, page?: Answer): void {
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    if (page && wantsPage(request)) return page(request, reply);
    throw notFound();
  });
}
