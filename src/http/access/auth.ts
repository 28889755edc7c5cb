/**
 * Identifies callers and checks their rights. A route declares what it needs in its `config`:
 *
 *     app.get('/v1/alerts', { config: { needs: 'read' } }, …)
 *
 * and a route without a declaration is refused. A path with `:accountId` is a 404 for a key that
 * may not see the account, whatever the route does. After that, `request.caller` is the caller.
 */
import cookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mayDo, maySee, NOBODY } from './caller.js';
import type { Credential, Keyring } from './keyring.js';
import { accountUnknown, forbidden, unauthenticated } from '../plumbing/problems.js';
import { changesState, isOwnOrigin } from './security.js';

export const SESSION_COOKIE = 'safeband_session';
/** How long a log-in lasts: a working day. */
export const SESSION_LASTS_MS = 12 * 60 * 60 * 1_000;

/**
 * Registers cookies, and sets the caller that the keyring remembers. It does not ask Postgres,
 * because the limit on requests comes first.
 */
export async function addAuth(app: FastifyInstance, keyring: Keyring): Promise<void> {
  await app.register(cookie);
  app.decorateRequest('caller');
  app.addHook('onRequest', async (request) => {
    const shown = credentialIn(request);
    request.caller = (shown && keyring.recall(shown)) ?? NOBODY;
  });
}

/** Looks the caller up and checks its rights: the second half, after the limit on requests. */
export function addChecks(app: FastifyInstance, keyring: Keyring): void {
  app.addHook('onRequest', async (request) => {
    const shown = credentialIn(request);
    const lookup = shown && asksWho(request) ? keyring.callerOf(shown) : undefined;
    // A public route also answers if Postgres does not, and to an unknown key.
    const isPublic = request.routeOptions.config.needs === 'public' || request.is404;
    request.caller = (await (isPublic ? lookup?.catch(() => undefined) : lookup)) ?? NOBODY;
    check(request);
  });
}

/** True if the answer depends on the caller: also on public pages, which show who is logged in. */
export const asksWho = ({ routeOptions: { config } }: FastifyRequest): boolean =>
  config?.needs !== 'public' || config.isPage === true;

function check(request: FastifyRequest): void {
  if (request.is404) return;
  const { caller } = request;
  const { needs, hasOwnSecret = false, mayBeNew = false } = request.routeOptions.config;
  if (needs === undefined) throw forbidden('this route does not declare the rights that it needs');
  const shown = credentialIn(request);
  if (needs !== 'public' && caller === NOBODY) {
    throw unauthenticated(shown ? 'the key is unknown or was revoked' : 'the request has no key');
  }
  // A browser sends a cookie with any form, also from other sites, but it does not send a key.
  // Logging in and out is only for browsers.
  const isByKey = shown?.kind === 'key' && needs !== 'public';
  if (changesState(request) && !isByKey && !hasOwnSecret && !isOwnOrigin(request)) {
    throw forbidden(
      'the request does not come from a page of this server',
      'send a key in the header Authorization',
    );
  }
  if (!mayDo(caller, needs)) {
    throw forbidden(
      `a key of the role ${caller.role} does not have the right to do this`,
      CURES[needs],
    );
  }
  const accountId = accountIdIn(request.params);
  const isHandled = mayBeNew && caller.groups !== null;
  const isLimited = needs !== 'public' && accountId !== undefined && !isHandled;
  if (isLimited && !maySee(caller, accountId)) throw accountUnknown();
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

/** Returns the key or the log-in of a request; a key takes precedence. */
export function credentialIn({ headers, cookies }: FastifyRequest): Credential | undefined {
  const [, key] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (headers.authorization !== undefined) return { kind: 'key', text: key ?? '' };
  const token = cookies[SESSION_COOKIE];
  return token === undefined ? undefined : { kind: 'session', text: token };
}

/** Logs the browser in; the cookie is `Secure` if the request came by TLS. */
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
