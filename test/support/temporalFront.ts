/** A proxy for Temporal, like a managed service: it has TLS with its own CA, or denies some services. */
import { readFileSync } from 'node:fs';
import { connect, createSecureServer, createServer, type ServerHttp2Stream } from 'node:http2';
import { fileURLToPath } from 'node:url';

/** Certificates for these tests only, valid from 2000 to 2099. */
const file = (name: string): string => fileURLToPath(new URL(`./tls/${name}`, import.meta.url));
export const CA_FILE = file('ca.pem');

const DENIED = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '7' };

export type Front = { readonly address: string; readonly close: () => Promise<void> };

/** Returns the service of a path such as `/temporal.api.operatorservice.v1.OperatorService/…`. */
export async function startFront(
  target: string,
  {
    tls = false,
    isDenied = () => false,
    before,
  }: {
    readonly tls?: boolean;
    readonly isDenied?: (path: string) => boolean;
    /** Resolves when a request may be forwarded. */
    readonly before?: (path: string) => Promise<void>;
  },
): Promise<Front> {
  const upstream = connect(`http://${target}`);
  upstream.on('error', () => undefined);
  const server = tls
    ? createSecureServer({
        cert: readFileSync(file('server.pem')),
        key: readFileSync(file('server.key')),
      })
    : createServer();
  type Headers = object & { ':path'?: string };
  const forward = async (near: ServerHttp2Stream, headers: Headers): Promise<void> => {
    near.on('error', () => undefined);
    await before?.(headers[':path'] ?? '');
    if (isDenied(headers[':path'] ?? '')) {
      near.respond({ ...DENIED, 'grpc-message': 'not allowed' }, { endStream: true });
      near.resume();
      return;
    }
    const far = upstream.request({ ...headers, ':authority': target, ':scheme': 'http' });
    far.on('error', () => near.close());
    near.on('close', () => far.close());
    let trailers: object = {};
    far.on('response', (answer, flags) => {
      const isWhole = 'grpc-status' in answer;
      near.respond(answer, isWhole ? { endStream: true } : { waitForTrailers: true });
      if (flags < 0) near.close();
    });
    far.on('trailers', (more) => {
      trailers = more;
    });
    near.on('wantTrailers', () => near.sendTrailers({ ...trailers }));
    far.pipe(near);
    near.pipe(far);
  };
  server.on('stream', (near: ServerHttp2Stream, headers: Headers) => void forward(near, headers));
  const sessions = new Set<{ destroy: () => void }>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session)).on('error', () => undefined);
  });
  server.on('sessionError', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('the front has no port');
  return {
    address: `127.0.0.1:${at.port}`,
    close: async () => {
      for (const session of sessions) session.destroy();
      upstream.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
