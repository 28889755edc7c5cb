/**
 * Who asks, and may they. A route says what it needs in its `config`:
 *
 *     app.get('/v1/alerts', { config: { needs: 'read' } }, …)
 *
 * and a route that says nothing is refused. A path with `:accountId` is a 404 for a key that may
 * not see the account, whatever the route does. After that `request.caller` is who asks.
 */
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mayDo, maySee, NOBODY } from './caller.js';
import type { Credential, Keyring } from './keyring.js';
import { accountUnknown, forbidden, unauthenticated } from '../plumbing/problems.js';
import { changesState, isOwnOrigin } from './security.js';

export const SESSION_COOKIE = 'safeband_session';
/** A working day: then the key is asked for again. */
export const SESSION_LASTS_MS = 12 * 60 * 60 * 1_000;

/**
 * Registers cookies, and takes the caller for whom the keyring remembers: nothing is looked up
 * before the limit on requests.
 */
export async function addAuth(app: FastifyInstance, keyring: Keyring): Promise<void> {
  await app.register(cookie);
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request) => {
    const shown = credentialIn(request);
    request.caller = (shown && keyring.recall(shown)) ?? NOBODY;
  });
}

/** The second half, after the limit on requests: looks who it is, and refuses whoever may not. */
export function addChecks(app: FastifyInstance, keyring: Keyring): void {
  app.addHook('onRequest', async (request) => {
    const shown = credentialIn(request);
    const look = shown && asksWho(request) ? keyring.callerOf(shown) : undefined;
    // A public route answers also where Postgres is away, and to a key that is none.
    const isPublic = request.routeOptions.config.needs === 'public' || request.is404;
    request.caller = (await (isPublic ? look?.catch(() => undefined) : look)) ?? NOBODY;
    check(request);
  });
}

/** Does it matter who asks: what is public is the same for all, but pages name who is logged in. */
export const asksWho = ({ routeOptions: { config } }: FastifyRequest): boolean =>
  config?.needs !== 'public' || config.isPage === true;

function check(request: FastifyRequest): void {
  if (request.is404) return;
  const { caller } = request;
  const { needs } = request.routeOptions.config;
  if (needs === undefined) throw forbidden('this route says not whom it is for');
  const shown = credentialIn(request);
  if (needs !== 'public' && caller === NOBODY) {
    throw unauthenticated(shown ? 'the key is not known, or was revoked' : 'no key was sent');
  }
  // A cookie is sent by the browser whoever wrote the form; a key is not. Logging in and out are
  // for browsers alone.
  const isByKey = shown?.kind === 'key' && needs !== 'public';
  if (changesState(request) && !isByKey && !isOwnOrigin(request)) {
    throw forbidden('the request does not come from a page of this server', 'use a key');
  }
  if (!mayDo(caller, needs)) {
    throw forbidden(`a key of the role ${caller.role} may not do this`, CURES[needs]);
  }
  const accountId = accountIdIn(request.params);
  if (needs !== 'public' && accountId !== undefined && !maySee(caller, accountId)) {
    throw accountUnknown();
  }
}

const CURES = {
  public: '',
  read: 'use any key',
  send: 'use a key of the role pipeline or operator',
  operate: 'use a key of the role operator',
} as const;

const accountIdIn = (params: unknown): string | undefined =>
  typeof params === 'object' && params !== null && 'accountId' in params
    ? String(params.accountId)
    : undefined;

/** What the request shows of itself; a key goes before a log-in. */
export function credentialIn({ headers, cookies }: FastifyRequest): Credential | undefined {
  const [, key] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (headers.authorization !== undefined) return { kind: 'key', text: key ?? '' };
  const token = cookies[SESSION_COOKIE];
  return token === undefined ? undefined : { kind: 'session', text: token };
}

/** Logs the browser in; `Secure` as soon as the request came by TLS. */
export const setSessionCookie = (reply: FastifyReply, token: string): FastifyReply =>
  reply.setCookie(SESSION_COOKIE, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: 'auto',
    maxAge: SESSION_LASTS_MS / 1_000,
  });

export const clearSessionCookie = (reply: FastifyReply): FastifyReply =>
  reply.clearCookie(SESSION_COOKIE, { path: '/', httpOnly: true, sameSite: 'strict' });
