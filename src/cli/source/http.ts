/** Requests to the HTTP API with a key. Each error names its fix, and none contains the key. */
import { SECOND_MS } from '../../domain/primitives/time.js';
import { CliError, EXIT, exitOf } from '../errors.js';
import type { KeyAccess } from './keyAccess.js';

/** How long one request may take: the server waits 10 s for a reconcile. */
const ANSWER_MS = 30 * SECOND_MS;

export type Query = { readonly [name: string]: string | number | null };
export type Http = {
  readonly get: (path: string, query?: Query) => Promise<unknown>;
  readonly post: (path: string, body: object) => Promise<unknown>;
  readonly put: (path: string, body: object) => Promise<unknown>;
  readonly remove: (path: string) => Promise<unknown>;
};

/** An error that the server answered; `kind` is the last part of its `type`. */
export class Answered extends CliError {
  readonly kind: string;
  readonly field: string | undefined;

  constructor(problem: Problem, exitCode: CliError['exitCode'], code: string, message: string) {
    super(exitCode, code, message);
    this.kind = problem.kind;
    this.field = problem.field;
  }
}

type Problem = {
  readonly kind: string;
  readonly code: string | undefined;
  readonly field: string | undefined;
  readonly detail: string;
  readonly cure: string;
};

/** Returns the requests. `clean` makes the answers safe for what prints them. */
export function httpOf(
  { url, key }: KeyAccess,
  signal: AbortSignal,
  clean: (answer: unknown) => unknown,
  answerMs = ANSWER_MS,
): Http {
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const isOrder = method !== 'GET';
    const limit = AbortSignal.timeout(answerMs);
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        redirect: 'manual', // the key goes only to the named server
        signal: AbortSignal.any([signal, limit]),
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json',
          ...(body ? { 'content-type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return clean(await answerIn(response, { url, route: `${method} ${path.split('?')[0]}` }));
    } catch (error) {
      const known =
        error instanceof CliError ? error : awayOf(error, { url, limit, answerMs, isOrder });
      throw known.message.includes(key) ? withoutKey(known, key) : known;
    }
  };
  return {
    get: (path, query = {}) => ask('GET', path + queryOf(query)),
    post: (path, body) => ask('POST', path, body),
    put: (path, body) => ask('PUT', path, body),
    remove: (path) => ask('DELETE', path),
  };
}

function queryOf(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === null ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

const withoutKey = ({ exitCode, code, message, next }: CliError, key: string): CliError =>
  new CliError(exitCode, code, message.replaceAll(key, 'sb_…'), next);

const away = (message: string): CliError => new CliError(EXIT.unreachable, 'Unavailable', message);

type Asked = { readonly url: string; readonly route: string };

/** Reads the body of an answer; throws the error that a refusal or another server means. */
async function answerIn(response: Response, { url, route }: Asked): Promise<unknown> {
  const { status, headers } = response;
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? '';
    const origin = URL.canParse(to, url) ? new URL(to, url).origin : 'another address';
    throw away(`${url} redirects to ${origin}: set SAFEBAND_URL to the address of the server`);
  }
  if (status === 204) return null;
  const text = await response.text();
  const type = headers.get('content-type') ?? 'no content type';
  const body = /\bjson\b/.test(type) ? jsonIn(text) : undefined;
  if (typeof body === 'object' && body !== null && response.ok) return body;
  const problem = problemIn(body);
  if (!problem) {
    throw away(
      `${url} answered with the status ${status} and ${type.split(';')[0]}, not as Safeband ` +
        'does: check SAFEBAND_URL, and the proxy in front of the server',
    );
  }
  throw refusalIn(problem, { status, route, url, wait: headers.get('retry-after') });
}

function jsonIn(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Reads problem details; undefined for an answer that is not from Safeband. */
function problemIn(body: unknown): Problem | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const known: ReadonlyMap<string, unknown> = new Map(Object.entries(body));
  const textOf = (name: string): string | undefined => {
    const value = known.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const [, kind] = /^urn:safeband:problem:(.+)$/.exec(textOf('type') ?? '') ?? [];
  if (kind === undefined) return undefined;
  const [code, field] = [textOf('code'), textOf('field')];
  return { kind, code, field, detail: textOf('detail') ?? '', cure: textOf('cure') ?? '' };
}

type Refused = Asked & { readonly status: number; readonly wait: string | null };

/** Returns the refusal of the server as an error of the command line. */
function refusalIn(problem: Problem, { status, route, url, wait }: Refused): CliError {
  const { kind, code, detail, cure } = problem;
  const both = cure === '' ? detail : `${detail}: ${cure}`;
  if (code !== undefined) return new Answered(problem, exitOf(code), code, detail);
  if (status === 401) {
    const text = `${detail}: set SAFEBAND_KEY to a key of ${url}`;
    return new Answered(problem, EXIT.usage, 'KeyRefused', text);
  }
  if (status === 403) return new Answered(problem, EXIT.refused, 'KeyForbidden', both);
  if (kind === 'not-found') {
    const text =
      `${url} has no route ${route}: check the path in SAFEBAND_URL; otherwise the server has an ` +
      'older version than this command line';
    return new Answered(problem, EXIT.unreachable, 'OtherVersion', text);
  }
  if (kind === 'order-unknown') return new Answered(problem, EXIT.unknown, kind, both);
  if (status === 409) return new Answered(problem, EXIT.refused, kind, both);
  if (status === 429) {
    const text = `${detail}: try again in ${wait ?? '60'} s`;
    return new Answered(problem, EXIT.unreachable, 'TooManyRequests', text);
  }
  const text = `${url} failed (status ${status}): ${detail}`;
  return new Answered(problem, status < 500 ? EXIT.unknown : EXIT.unreachable, 'Unavailable', text);
}

type Away = {
  readonly url: string;
  readonly limit: AbortSignal;
  readonly answerMs: number;
  readonly isOrder: boolean;
};

/** Returns the error for a request without an answer. */
function awayOf(error: unknown, { url, limit, answerMs, isOrder }: Away): CliError {
  const named = `${url} (SAFEBAND_URL)`;
  const unsure = isOrder ? '; the order may still be carried out: check before you repeat it' : '';
  if (limit.aborted) return away(`${named} did not answer in ${answerMs / SECOND_MS} s${unsure}`);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known = REASONS.find(([codes]) => codes.test(code));
  const why = cause instanceof Error ? cause.message || code : String(cause);
  const text = known ? known[1] : `cannot be reached: ${why}`;
  return away(`${named} ${text}${known?.[1] === ENDED ? unsure : ''}`);
}

const ENDED = 'ended the connection: use https:// if the server has TLS';
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, 'refuses connections: check the port, and that the server runs'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'has a host name that is not known: check its spelling'],
  [/TIMEDOUT|TIMEOUT/, 'cannot be reached in time: check the address and the firewall'],
  [/^(EPROTO|ERR_SSL_)/, 'does not answer with TLS: use http:// if that is its address'],
  [
    /CERT|SELF_SIGNED|SIGNATURE/,
    'has a certificate that this machine does not trust: set NODE_EXTRA_CA_CERTS to the ' +
      'certificate of its authority',
  ],
  [/^(UND_ERR_SOCKET|ECONNRESET|HPE_)/, ENDED],
];
