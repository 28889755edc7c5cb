/** Sends pages: as compressed HTML that no browser and no proxy may store. */
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { VNode } from 'preact';
import { NOBODY } from '../../access/caller.js';
import type { Instant } from '../../../domain/primitives/time.js';
import { encodingFor } from './assets.js';
import { htmlOf, type AssetUrls, type Frame } from './layout.js';

export const FLASH_COOKIE = 'safeband_said';
const FLASH_LASTS_SECONDS = 30;
/** Minimum size in bytes of a page that is compressed. */
const COMPRESSED_FROM = 1_400;
/** Fast rather than small, because each page is rendered for a single request. */
const BROTLI_QUALITY = 4;

/** True if a hard refresh asks for numbers that do not come from the cache (R17). */
export const isHardRefresh = ({ headers }: FastifyRequest): boolean =>
  /\bno-cache\b/.test(headers['cache-control'] ?? '');

/** Returns the frame of a page; the result of the last action is shown only once. */
export function frameOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { assets, now }: { readonly assets: AssetUrls; readonly now: Instant },
): Frame {
  const caller = request.caller === NOBODY ? null : request.caller;
  const flash = request.cookies[FLASH_COOKIE];
  if (flash !== undefined) void reply.clearCookie(FLASH_COOKIE, { path: '/' });
  const { openAlerts: alerts, brake } = request;
  return { assets, now, caller, flash, alerts, brake };
}

/** Redirects to another page of this server, which shows `done` once. */
export function goTo(reply: FastifyReply, path: string, done?: string): FastifyReply {
  if (done !== undefined) {
    void reply.setCookie(FLASH_COOKIE, done, {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: 'auto',
      maxAge: FLASH_LASTS_SECONDS,
    });
  }
  return reply.redirect(path, 303);
}

export async function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  page: VNode,
  status = 200,
): Promise<FastifyReply> {
  const html = Buffer.from(htmlOf(page));
  void reply
    .code(status)
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('vary', 'accept-encoding');
  const encoding = encodingFor(request.headers['accept-encoding']);
  if (encoding === null || html.length < COMPRESSED_FROM) return reply.send(html);
  void reply.header('content-encoding', encoding);
  return reply.send(await compressed(html, encoding));
}

const compressed = (html: Buffer, encoding: 'br' | 'gzip'): Promise<Buffer> =>
  encoding === 'gzip'
    ? promisify(gzip)(html)
    : promisify(brotliCompress)(html, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: html.length,
        },
      });
