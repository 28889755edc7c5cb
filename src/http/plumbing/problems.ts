/**
 * What went wrong, as problem details (RFC 9457). `code` is a name of the contract's closed list;
 * what that list does not know, such as a wrong key, is told by `type` and `title` alone.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SafebandError } from '../../client/index.js';
import type { FailureType } from '../../domain/account/refusals.js';

export type ProblemFields = {
  readonly status: number;
  /** The last part of `type`; the name of the contract where there is one. */
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
/** Each failure of the contract: its status, its title, and what to do. */
const CONTRACT: Readonly<Record<FailureType, Known>> = {
  InvalidInput: { status: 400, title: 'The request is not as it should be' },
  AccountUnknown: {
    status: 404,
    title: 'There is no such account',
    cure: 'connect it first, or ask with a key that may see it',
  },
  ReservationUnknown: {
    status: 404,
    title: 'There is no such reservation',
    cure: 'ids are remembered until 48 hours after their quota day',
  },
  ReservationConflict: {
    status: 409,
    title: 'That reservation id was used for another content',
    cure: 'use a new reservation id',
  },
  ReservationSettled: {
    status: 409,
    title: 'That reservation has an outcome, or its lease is over',
    cure: 'another try takes a new reservation id',
  },
  ChatIdMissing: {
    status: 422,
    title: 'A delivery needs the chat as its proof',
    cure: 'send chatId, or report sendFailed with the kind unknown',
  },
  ChatIdTaken: {
    status: 409,
    title: 'That proof belongs to another reservation',
    cure: "send the message's own id as messageId; the same InMail reported again counts already",
  },
  CapAboveSafeBand: {
    status: 422,
    title: 'A cap may be lowered, never raised above the safe band',
  },
  Unavailable: {
    status: 503,
    title: 'No answer in time',
    cure: 'ask again; a reservation id may be asked again',
  },
};
const UNAVAILABLE_RETRY_SECONDS = 1;

/** A problem with a code of the contract. */
export function problemOf(code: FailureType, detail: string, field?: string): Problem {
  const retryAfterSeconds =
    code === 'Unavailable' ? { retryAfterSeconds: UNAVAILABLE_RETRY_SECONDS } : {};
  return new Problem({ ...CONTRACT[code], kind: code, code, detail, field, ...retryAfterSeconds });
}

/** The same words for an account that does not exist and for one that the key may not see. */
export const accountUnknown = (): Problem =>
  problemOf('AccountUnknown', 'no account of that id is known to this key');

export const invalidInput = (detail: string, field?: string): Problem =>
  problemOf('InvalidInput', detail, field);

const plain = (
  status: number,
  kind: string,
  title: string,
  detail: string,
  cure?: string,
): Problem => new Problem({ status, kind, title, detail, ...(cure ? { cure } : {}) });

export const unauthenticated = (detail: string): Problem =>
  plain(
    401,
    'unauthenticated',
    'This needs a key',
    detail,
    'send the header "Authorization: Bearer <key>"; "safeband keys" makes one',
  );
export const forbidden = (detail: string, cure?: string): Problem =>
  plain(403, 'forbidden', 'This key may not do that', detail, cure);
export const notFound = (): Problem =>
  plain(
    404,
    'not-found',
    'There is nothing here',
    'no route has this method and path',
    'see /docs',
  );
export const tooMany = (retryAfterSeconds: number): Problem =>
  new Problem({
    status: 429,
    kind: 'too-many-requests',
    title: 'Too many requests',
    detail: 'this key has used up its requests of the minute',
    cure: 'ask again after Retry-After; sendReserveBatch asks for 200 slots at once',
    retryAfterSeconds,
  });

/** What the transport itself refuses; the status stays, the words are ours. */
const TRANSPORT: Readonly<Record<number, string>> = {
  413: 'the body is too large',
  414: 'the path is too long',
  415: 'the body should be JSON: send the header "Content-Type: application/json"',
};

/** Any error as a problem; undefined: a bug or a broken part, which callers hear nothing of. */
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

/** The account's own refusal; which field it is about is the first word of its sentence. */
function ofClient({ type, message }: SafebandError): Problem {
  if (type === 'AccountUnknown') return accountUnknown();
  const field = /^([A-Za-z][\w.[\]]*) (?:should be|is missing)/.exec(message)?.[1];
  return problemOf(type, message, field);
}

/** A value that Postgres cannot read, such as the 40th of a month. */
export const isDataError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('22');

/** Postgres is not there, shuts down, has no room or does not answer. */
function isDatabaseAway(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return (
    /^(08|53|57P|57014|ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH)/.test(code) ||
    /timeout exceeded when trying to connect|Connection terminated|Query read timeout/.test(
      error.message,
    )
  );
}

/** Sends a problem; also for pages that want to say one as JSON. */
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

/** Answers any error; a bug is logged by name, without what was asked. */
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
  const detail = 'something is broken here; it was logged';
  sendProblem(reply, plain(500, 'internal', 'Something is broken', detail));
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
/** A browser that goes to an address says that it wants a page; other programs do not. */
const wantsPage = ({ method, headers }: FastifyRequest): boolean =>
  method === 'GET' && /\btext\/html\b/.test(headers.accept ?? '');

/** Errors and unknown routes of the whole server become problems; `page`: for people. */
export function addProblems(app: FastifyInstance, page?: Answer): void {
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => {
    if (page && wantsPage(request)) return page(request, reply);
    throw notFound();
  });
}
