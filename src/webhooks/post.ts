/**
 * Sends a POST to an endpoint. It checks the address after the name was resolved, and calls that
 * same address. It follows no redirect, waits at most ten seconds for an answer, and keeps only the
 * beginning of it, which shows a person why it was refused.
 */
import { lookup as resolve } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { urlFlaw } from './url.js';

export const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 1_024;

export type Answer = { readonly status: number; readonly answer: string };

export type Post = (
  url: string,
  headers: { readonly [name: string]: string },
  body: string,
) => Promise<Answer>;

export type Poster = { readonly post: Post; readonly close: () => void };

/** The reason for a missing answer, as the delivery log shows it. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const refused = (address: string): NoAnswer =>
  new NoAnswer(
    `${address} is not a public address: to allow it, add its network to SAFEBAND_WEBHOOK_NETWORKS`,
  );

/** Creates a poster that keeps connections open between the events of an endpoint. */
export function createPoster(
  mayCall: (address: string) => boolean,
  { timeoutMs = TIMEOUT_MS }: { readonly timeoutMs?: number } = {},
): Poster {
  const lookup: LookupFunction = (hostname, { family, hints }, done) => {
    resolve(hostname, { family, hints, all: true }, (error, found) => {
      const allowed = (found ?? []).filter(({ address }) => mayCall(address));
      if (error) done(error, []);
      else if (allowed.length === 0) done(refused(found.map((one) => one.address).join(', ')), []);
      else done(null, allowed);
    });
  };
  const agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ keepAlive: true }),
  };
  const send = (url: URL, headers: http.OutgoingHttpHeaders, body: string): Promise<Answer> =>
    new Promise((done, fail) => {
      const isSecure = url.protocol === 'https:';
      const { request } = isSecure ? https : http;
      const agent = agents[isSecure ? 'https:' : 'http:'];
      const signal = AbortSignal.timeout(timeoutMs);
      const sent = request(url, { method: 'POST', agent, headers, lookup, signal }, (response) => {
        read(response, done);
      });
      sent.on('error', (error) => {
        fail(signal.aborted ? new NoAnswer(`no answer within ${timeoutMs / 1_000} s`) : error);
      });
      sent.end(body);
    });
  return {
    post: async (text, headers, body) => {
      const flaw = urlFlaw(text);
      if (flaw !== undefined) throw new NoAnswer(`the URL is not allowed: ${flaw}`);
      const url = new URL(text);
      const hostname = url.hostname.replace(/^\[|\]$/g, '');
      // `lookup` checks names; Node does not call it for an address.
      if (isIP(hostname) && !mayCall(hostname)) throw refused(hostname);
      const length = Buffer.byteLength(body);
      const whole = { ...headers, 'content-length': length, 'content-type': 'application/json' };
      return send(url, whole, body);
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/** Reads an answer: of a success only the status, of a refusal also its beginning. */
function read(response: http.IncomingMessage, done: (answer: Answer) => void): void {
  const status = response.statusCode ?? 0;
  let text = Buffer.alloc(0);
  const finish = (): void => done({ status, answer: text.toString('utf8').replaceAll('\0', '') });
  response.on('error', finish); // the part until then is enough
  response.on('close', finish);
  response.on('data', (chunk: Buffer) => {
    text = Buffer.concat([text, chunk]).subarray(0, ANSWER_BYTES_MAX);
    if (text.length < ANSWER_BYTES_MAX) return;
    finish();
    response.destroy();
  });
  if (status >= 200 && status < 300) finish();
}

/** Returns the text of an error for the delivery log, without stack and URL. */
export function flawOf(error: unknown): string {
  if (error instanceof NoAnswer) return error.message;
  if (!(error instanceof Error)) return 'no answer';
  const code = 'code' in error ? String(error.code) : error.name;
  return `no answer: ${code}`;
}
