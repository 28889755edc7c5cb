/** The routes to log in and to log out. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { whoOf } from '../../access/accessLog.js';
import {
  clearSessionCookie,
  SESSION_COOKIE,
  SESSION_LASTS_MS,
  setSessionCookie,
} from '../../access/auth.js';
import { NOBODY } from '../../access/caller.js';
import { endSession, makeSession } from '../../../postgres/access/keys.js';
import { formOf } from '../ui/form.js';
import { LoginPage, safePath } from './login.js';
import { frameOf, sendPage } from '../ui/send.js';
import type { PageParts } from '../context.js';

const PUBLIC = { config: { needs: 'public' } } as const;

export function addSessionPages(app: FastifyInstance, parts: PageParts): void {
  const { assets, now, pool, keyring } = parts;
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    { next, failure }: { readonly next: string; readonly failure: string | null },
  ): Promise<FastifyReply> => {
    const frame = frameOf(request, reply, { assets: assets.urls, now: now() });
    return sendPage(request, reply, LoginPage({ frame, next, failure }), failure ? 401 : 200);
  };

  const end = async (token: string | undefined): Promise<void> => {
    if (token === undefined) return;
    await endSession(pool, token);
    keyring.forget({ kind: 'session', text: token });
  };

  app.get('/', PUBLIC, async (_, reply) => reply.redirect('/accounts', 303));

  app.get<{ Querystring: { next?: unknown } }>('/login', PUBLIC, async (request, reply) => {
    const next = safePath(request.query.next);
    if (request.caller !== NOBODY) return reply.redirect(next, 303);
    return show(request, reply, { next, failure: null });
  });

  app.post('/login', PUBLIC, async (request, reply) => {
    const form = formOf(request.body);
    const next = safePath(form['next']);
    const caller = await keyring.callerOf({ kind: 'key', text: (form['key'] ?? '').trim() });
    if (!caller) {
      request.log.info(whoOf(request), 'access.login_refused');
      const failure =
        'This key is not known or was revoked. Paste the whole key, beginning with sb_.';
      return show(request, reply, { next, failure });
    }
    // A new log-in ends the old one.
    await end(request.cookies[SESSION_COOKIE]);
    request.log.info({ ...whoOf(request), keyId: caller.keyId, role: caller.role }, 'access.login');
    const token = await makeSession(pool, { keyId: caller.keyId, lastsMs: SESSION_LASTS_MS });
    return setSessionCookie(reply, token).redirect(next, 303);
  });

  app.post('/logout', PUBLIC, async (request, reply) => {
    await end(request.cookies[SESSION_COOKIE]);
    request.log.info(whoOf(request), 'access.logout');
    return clearSessionCookie(reply).redirect('/login', 303);
  });
}
