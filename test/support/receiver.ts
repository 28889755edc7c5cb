/** A receiver of webhooks as docs/webhooks.md describes it; tests set its answers. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { verifyWebhook, type WebhookPayload } from '../../src/client/index.js';

/** A request that passed the check, with its headers and its body. */
export type Received = {
  readonly payload: WebhookPayload;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};
/** The answer to a request: a status, or none. */
export type Mood = number | 'silent';

export type Receiver = {
  readonly url: string;
  /** Requests that passed the check, in the order of arrival, including refused ones. */
  readonly received: Received[];
  /** How many requests did not pass the check. */
  readonly refused: () => number;
  /** Sets the answer to all further requests, such as `turn(500)`. */
  readonly turn: (mood: Mood) => void;
  readonly trust: (secret: string) => void;
  readonly close: () => Promise<void>;
};

export async function startReceiver({ now = Date.now } = {}): Promise<Receiver> {
  const received: Received[] = [];
  const secrets: string[] = [];
  let mood: Mood = 204;
  let refused = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      try {
        const payload = verifyWebhook(request.headers, body, secrets, { now: now() });
        received.push({ payload, headers: request.headers, body });
      } catch {
        refused += 1;
        response.writeHead(401).end();
        return;
      }
      if (mood === 'silent') return;
      const isMoved = mood >= 300 && mood < 400;
      response.writeHead(mood, isMoved ? { location: '/elsewhere' } : {});
      response.end(mood < 300 ? '' : 'no '.repeat(1_000));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it has no port');
  return {
    url: `http://127.0.0.1:${address.port}/hooks`,
    received,
    refused: () => refused,
    turn: (next) => {
      mood = next;
    },
    trust: (secret) => void secrets.push(secret),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
