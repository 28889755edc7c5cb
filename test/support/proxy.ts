/** A proxy for Postgres that a test can close: it refuses connections, or accepts them silently. */
import { createServer, connect, type Socket } from 'node:net';

export type Way = 'open' | 'refused' | 'silent';
export type Proxy = {
  readonly url: string;
  readonly turn: (way: Way) => void;
  readonly close: () => void;
};

export async function startProxy(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl);
  let way: Way = 'open';
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    sockets.add(near);
    near.on('error', () => undefined).on('close', () => sockets.delete(near));
    if (way === 'refused') near.destroy();
    if (way !== 'open') return;
    const far = connect(Number(target.port), target.hostname);
    far.on('error', () => near.destroy()).on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    near.on('data', (bytes) => way === 'open' && far.write(bytes));
    far.on('data', (bytes) => way === 'open' && near.write(bytes));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  url.port = String(address.port);
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    turn: (next) => {
      // A silent proxy has dropped bytes, so its connections cannot continue.
      if (next === 'refused' || way === 'silent') drop();
      way = next;
    },
    close: () => {
      drop();
      server.close();
    },
  };
}
