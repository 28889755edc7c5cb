/** A server that gives one answer, for tests of programs that call Safeband. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** Starts a server with that answer, and returns its address. */
export async function answering(listener: RequestListener, tls = false): Promise<string> {
  const pem = (name: string): Buffer => readFileSync(`test/support/tls/${name}.pem`);
  const tlsKey = { key: readFileSync('test/support/tls/server.key'), cert: pem('server') };
  const server: Server = tls ? createTlsServer(tlsKey, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return tls ? addressOf(server).replace('http:', 'https:') : addressOf(server);
}

/** Returns the address of a server that listens on loopback. */
export function addressOf(server: Server): string {
  const at: AddressInfo | string | null = server.address();
  return `http://127.0.0.1:${typeof at === 'object' ? at?.port : ''}`;
}

/** Returns an answer with that status, type and body. */
export const responding =
  (status: number, type: string, body: string, headers: object = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
/** Returns an answer with problem details. */
export const problem = (status: number, kind: string, more: object = {}): RequestListener =>
  responding(
    status,
    'application/problem+json',
    JSON.stringify({ type: `urn:safeband:problem:${kind}`, status, ...more }),
    { 'retry-after': '7' },
  );
