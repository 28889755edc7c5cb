/**
 * A small pooler in transaction mode, like PgBouncer. It refuses settings in the startup message,
 * gives each transaction the next of its connections to the server, and forwards nothing that
 * arrives between transactions. Clients need no password.
 */
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import pg from 'pg';

const KNOWN = ['user', 'database', 'application_name', 'client_encoding'];
const SSL_REQUEST = 80_877_103;

type Backend = { readonly socket: Duplex; onData: ((bytes: Buffer) => void) | undefined };
export type Pooler = { readonly url: string; readonly close: () => Promise<void> };

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const AUTHENTICATED = message('R', Buffer.alloc(4));
const READY = message('Z', Buffer.from('I'));
const refusal = (text: string): Buffer =>
  message('E', Buffer.from(`SFATAL\0VFATAL\0C08P01\0M${text}\0\0`));

/** Splits the bytes that arrive into whole messages with their types. */
function framing(each: (type: string, frame: Buffer) => void): (bytes: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = rest.readInt32BE(1) + 1;
      each(String.fromCharCode(rest[0] ?? 0), rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}

async function backendTo(url: string): Promise<Backend> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const socket = client.connection.stream;
  socket.removeAllListeners('data');
  const backend: Backend = { socket, onData: undefined };
  socket.on('data', (bytes: Buffer) => backend.onData?.(bytes));
  return backend;
}

/** Starts the pooler for that database, with connections of that user. */
export async function startPooler(databaseUrl: string, size = 8): Promise<Pooler> {
  const idle = await Promise.all(Array.from({ length: size }, () => backendTo(databaseUrl)));
  const all = [...idle];
  const waiting: ((backend: Backend) => void)[] = [];
  const give = (backend: Backend): void => {
    backend.onData = undefined;
    const next = waiting.shift();
    if (next) next(backend);
    else idle.push(backend);
  };
  const clients = new Set<Socket>();
  const serve = (client: Socket): void => {
    let backend: Backend | undefined;
    let isAsking = false;
    let held: Buffer[] = [];
    const take = (taken: Backend): void => {
      isAsking = false;
      backend = taken;
      taken.onData = framing((type, frame) => {
        client.write(frame);
        if (type === 'Z' && frame[5] === 'I'.charCodeAt(0)) {
          backend = undefined;
          give(taken);
        }
      });
      for (const frame of held.splice(0)) taken.socket.write(frame);
    };
    const ask = (frame: Buffer): void => {
      if (backend) {
        backend.socket.write(frame);
        return;
      }
      held.push(frame);
      if (isAsking) return;
      isAsking = true;
      const free = idle.shift();
      if (free) take(free);
      else waiting.push(take);
    };
    const talk = framing((type, frame) => (type === 'X' ? client.end() : ask(frame)));
    client.on('close', () => {
      clients.delete(client);
      held = [];
      backend?.socket.destroy(); // in a transaction: the server rolls it back
    });
    client.on('error', () => client.destroy());
    client.once('data', (first) => {
      if (first.readInt32BE(4) === SSL_REQUEST) return client.end('N');
      const words = first.subarray(8).toString('utf8').split('\0');
      const unknown = words.find((word, n) => n % 2 === 0 && word !== '' && !KNOWN.includes(word));
      if (unknown !== undefined) {
        return client.end(refusal(`unsupported startup parameter: ${unknown}`));
      }
      client.write(Buffer.concat([AUTHENTICATED, READY]));
      client.on('data', talk);
      return undefined;
    });
  };
  const server = createServer((client) => {
    clients.add(client);
    serve(client);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the pooler has no port');
  const url = new URL(databaseUrl);
  Object.assign(url, { hostname: '127.0.0.1', port: String(address.port) });
  return {
    url: url.href,
    close: async () => {
      for (const socket of [...clients, ...all.map((one) => one.socket)]) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
