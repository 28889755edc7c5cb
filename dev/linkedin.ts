/**
 * A simulated LinkedIn: takes InMails over HTTP, and fails on request. It remembers what it really
 * took, whatever it answered (`linkedinOutbox.ts`), so that counters can be compared with the
 * truth.
 *
 *   POST /inmails              {accountId, reservationId, recipientId, and perhaps
 *                              campaignId, text, behaviour}
 *   PUT  /accounts/:id         {tier}: the tier whose band decides a ban
 *   POST /accounts/:id/by-hand {recipientId}: an InMail that a person sent manually
 *   GET  /accounts/:id/inmails what was really taken
 *   GET  /accounts/:id/outbox  the same, as a webhook reports it
 *   GET  /summary              each account's InMails a UTC day, whether it is BANNED, and how many
 *                              calls hang
 */
import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { TIERS, type Tier } from '../src/domain/primitives/tier.js';
import type { Instant } from '../src/domain/primitives/time.js';
import { answer, BEHAVIOURS, type Ask, type World } from './linkedinAnswers.js';
import {
  Outbox,
  ROOM_DEFAULT,
  type AccountSummary,
  type Sent,
  type Taken,
} from './linkedinOutbox.js';

export { BEHAVIOURS, type Behaviour } from './linkedinAnswers.js';
export type { AccountSummary, Sent, Taken } from './linkedinOutbox.js';

export type LinkedInOptions = {
  /** The port on loopback; 0, the default: any free port. */
  readonly port?: number;
  readonly slowMs?: number;
  /** In `hang_then_accept`: the time from the caller's end until the InMail is taken. */
  readonly lateMs?: number;
  /** Maximum InMails, and maximum accounts, that are kept. */
  readonly room?: number;
  readonly now?: () => Instant;
};
export type LinkedIn = {
  readonly url: string;
  /** Returns what one account's outbox really has, whatever was answered; in order. */
  readonly received: (accountId: string) => readonly Taken[];
  /** Resolves when an InMail of the behaviour `hang` has come in. */
  readonly hanging: Promise<void>;
  /** Counts the calls that wait for an answer which they never get. */
  readonly hungCount: () => number;
  /** Sets the account's tier, whose band decides a ban; by default the widest band. */
  readonly enrol: (accountId: string, tier: Tier) => void;
  /** Takes an InMail that a person sent manually; throws `OutboxFull`. */
  readonly byHand: (accountId: string, recipientId: string) => Taken;
  /**
   * The webhook: reports each InMail from now on, also manual ones; the returned function ends it.
   */
  readonly onSent: (listener: (sent: Sent) => void) => () => void;
  /** Records that a webhook has reported this InMail, so that its chat is known as proof. */
  readonly prove: (sent: Pick<Sent, 'accountId' | 'chatId'>) => void;
  readonly summary: () => readonly AccountSummary[];
  /** Ends at once: hanging calls are cut off, and InMails that are not taken yet never will be. */
  readonly close: () => Promise<void>;
};

const SLOW_MS = 1_500;
const LATE_MS = 500;
const BODY_MAX = 16 * 1024;
/** Maximum connections. Each hanging call keeps one, so this bounds them, too. */
const CONNECTIONS_MAX = 1_000;
/** How long a whole request may take to arrive. */
const REQUEST_TIMEOUT_MS = 10_000;

type Account = { readonly Params: { readonly id: string } };
const id = { type: 'string', minLength: 1, maxLength: 512 } as const;
const ASK = {
  type: 'object',
  required: ['accountId', 'reservationId', 'recipientId'],
  properties: {
    accountId: id,
    reservationId: id,
    recipientId: id,
    campaignId: id,
    text: { type: 'string' },
    behaviour: { type: 'string', enum: BEHAVIOURS, default: 'normal' },
  },
};
const PARAMS = { type: 'object', properties: { id } };
const ENROLMENT = { type: 'object', required: ['tier'], properties: { tier: { enum: TIERS } } };
const BY_HAND = { type: 'object', required: ['recipientId'], properties: { recipientId: id } };

/** Starts the simulator on loopback; throws if the port is taken. */
export async function startLinkedIn(options: LinkedInOptions = {}): Promise<LinkedIn> {
  const now = options.now ?? Date.now;
  const outbox = new Outbox(now, options.room ?? ROOM_DEFAULT);
  const ending = new AbortController();
  // Each waiting call listens for the end; the maximum of connections bounds them.
  setMaxListeners(0, ending.signal);
  let hang = (): void => undefined;
  const hanging = new Promise<void>((resolve) => {
    hang = resolve;
  });
  const { slowMs = SLOW_MS, lateMs = LATE_MS } = options;
  const hung = new Set<Socket>();
  const app = createApp({ outbox, now, slowMs, lateMs, ending: ending.signal, hang, hung });
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  return {
    url,
    received: (accountId) => outbox.of(accountId),
    hanging,
    hungCount: () => hung.size,
    enrol: (accountId, tier) => outbox.enrol(accountId, tier),
    byHand: (accountId, recipientId) => outbox.take(byHand(accountId, recipientId, now())),
    onSent: (listener) => outbox.onSent(listener),
    prove: (sent) => outbox.prove(sent),
    summary: () => outbox.summary(),
    close: async () => {
      ending.abort();
      await app.close();
    },
  };
}

function createApp(world: World): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false } },
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  app.setErrorHandler<FastifyError>((error, _, reply) =>
    reply.code(error.statusCode ?? 500).send({ error: sentenceOf(error) }),
  );
  app.setNotFoundHandler(({ method, url }, reply) =>
    reply.code(404).send({ error: `${method} ${url} is not here; try GET /summary` }),
  );
  const { outbox } = world;
  app.post<{ Body: Ask }>('/inmails', { schema: { body: ASK } }, (request, reply) =>
    answer(world, request, reply),
  );
  app.put<Account & { Body: { readonly tier: Tier } }>(
    '/accounts/:id',
    { schema: { params: PARAMS, body: ENROLMENT } },
    ({ params, body }, reply) => {
      outbox.enrol(params.id, body.tier);
      return reply.code(204).send();
    },
  );
  app.post<Account & { Body: { readonly recipientId: string } }>(
    '/accounts/:id/by-hand',
    { schema: { params: PARAMS, body: BY_HAND } },
    ({ params, body }, reply) => {
      const letter = byHand(params.id, body.recipientId, world.now());
      return reply.code(201).send(outbox.take(letter));
    },
  );
  app.get<Account>('/accounts/:id/inmails', ({ params }) => Promise.resolve(outbox.of(params.id)));
  app.get<Account>('/accounts/:id/outbox', ({ params }) =>
    Promise.resolve(outbox.sentBy(params.id)),
  );
  app.get('/summary', () =>
    Promise.resolve({ accounts: outbox.summary(), hungCount: world.hung.size }),
  );
  return app;
}

const byHand = (accountId: string, recipientId: string, receivedAt: Instant) => ({
  accountId,
  recipientId,
  reservationId: null,
  campaignId: null,
  receivedAt,
});

/** Returns the text of an error; for a word that is not in a list, with the list. */
function sentenceOf({ message, validation }: FastifyError): string {
  const words = validation?.[0]?.params['allowedValues'];
  return Array.isArray(words) ? `${message}: ${words.join(', ')}` : message;
}
