/**
 * A LinkedIn of our own: takes InMails over HTTP, and behaves badly on request. It remembers what
 * it really took, whatever it answered (`linkedinOutbox.ts`), so that the counters can be held
 * against the truth.
 *
 *   POST /inmails              {accountId, reservationId, recipientId, campaignId?, text?,
 * behaviour?}
 *   PUT  /accounts/:id         {tier}: by which band the account is judged
 *   POST /accounts/:id/by-hand {recipientId}: an InMail that somebody typed
 *   GET  /accounts/:id/inmails what was really taken
 *   GET  /accounts/:id/outbox  the same as a webhook tells it
 *   GET  /summary              each account's InMails a UTC day, and whether it is BANNED
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { TIERS, type Tier } from '../domain/tier.js';
import type { Instant } from '../domain/time.js';
import {
  Outbox,
  ROOM_DEFAULT,
  type AccountSummary,
  type Sent,
  type Taken,
} from './linkedinOutbox.js';

export type { AccountSummary, Sent, Taken } from './linkedinOutbox.js';

export const BEHAVIOURS = [
  'normal',
  /** Taken, and answered late. */
  'slow',
  /** 429 with Retry-After; not taken. */
  'throttled',
  /** 500; not taken. */
  'server_error',
  /** 502, although it was taken. */
  'error_after_accept',
  /** 200 with a blank chat, although it was taken. */
  'no_chat_id',
  /** 200 with the chat and message of an earlier InMail of that account, although it was taken. */
  'same_chat_twice',
  /** Taken, and never answered. */
  'no_answer',
  /** Taken only after the caller has gone: until then nothing, after that no one to answer. */
  'hang_then_accept',
  /** As `no_answer`, and `hanging` resolves: now is the time to kill the caller. */
  'hang',
  /** 422; not taken. */
  'rejected',
  /** 402; not taken. */
  'no_credits',
  /** 403; not taken. */
  'restricted',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export type LinkedInOptions = {
  /** 0, the default: any free one, on loopback. */
  readonly port?: number;
  readonly slowMs?: number;
  /** From the caller's going to the taking, in `hang_then_accept`. */
  readonly lateMs?: number;
  /** InMails that are kept; at most as many accounts. */
  readonly room?: number;
  readonly now?: () => Instant;
};
export type LinkedIn = {
  readonly url: string;
  /** What one account's outbox really has, whatever was answered; in order. */
  readonly received: (accountId: string) => readonly Taken[];
  /** `received`, by the name that the demonstration's report reads. */
  readonly taken: (accountId: string) => readonly Taken[];
  /** Resolves when an InMail of the behaviour `hang` has come in. */
  readonly hanging: Promise<void>;
  /** By which band the account is judged; unless told, by the widest. */
  readonly enrol: (accountId: string, tier: Tier) => void;
  /** An InMail that somebody typed by hand; throws `OutboxFull`. */
  readonly byHand: (accountId: string, recipientId: string) => Taken;
  /** The webhook: each InMail from now on, those by hand too; the answer ends it. */
  readonly onSent: (listener: (sent: Sent) => void) => () => void;
  readonly summary: () => readonly AccountSummary[];
  /** Ends it at once: calls that hang are cut off, and what was not taken yet never is. */
  readonly close: () => Promise<void>;
};

const SLOW_MS = 1_500;
const LATE_MS = 500;
const RETRY_AFTER_SECONDS = 5_400;
const BODY_MAX = 16 * 1024;
/** Calls that hang keep a connection each, so this bounds them too. */
const CONNECTIONS_MAX = 1_000;
/** For a whole request to come in. */
const REQUEST_TIMEOUT_MS = 10_000;

type Ask = {
  readonly accountId: string;
  readonly reservationId: string;
  readonly recipientId: string;
  readonly campaignId?: string;
  readonly behaviour: Behaviour;
};
type Account = { readonly Params: { readonly id: string } };
/** What the routes need: the truth, the pace, and to know when all ends. */
type World = {
  readonly outbox: Outbox;
  readonly now: () => Instant;
  readonly slowMs: number;
  readonly lateMs: number;
  readonly ending: AbortSignal;
  readonly hang: () => void;
};

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

/** Starts it on loopback; throws if the port is taken. */
export async function startLinkedIn(options: LinkedInOptions = {}): Promise<LinkedIn> {
  const now = options.now ?? Date.now;
  const outbox = new Outbox(now, options.room ?? ROOM_DEFAULT);
  const ending = new AbortController();
  let hang = (): void => undefined;
  const hanging = new Promise<void>((resolve) => {
    hang = resolve;
  });
  const { slowMs = SLOW_MS, lateMs = LATE_MS } = options;
  const app = createApp({ outbox, now, slowMs, lateMs, ending: ending.signal, hang });
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  const received = (accountId: string): readonly Taken[] => outbox.of(accountId);
  return {
    url,
    received,
    taken: received,
    hanging,
    enrol: (accountId, tier) => outbox.enrol(accountId, tier),
    byHand: (accountId, recipientId) => outbox.take(byHand(accountId, recipientId, now())),
    onSent: (listener) => outbox.onSent(listener),
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
  app.setErrorHandler<Error & { statusCode?: number }>((error, _, reply) =>
    reply.code(error.statusCode ?? 500).send({ error: error.message }),
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
  app.get('/summary', () => Promise.resolve({ accounts: outbox.summary() }));
  return app;
}

const byHand = (accountId: string, recipientId: string, receivedAt: Instant) => ({
  accountId,
  recipientId,
  reservationId: null,
  campaignId: null,
  receivedAt,
});

/** Answers that say: not taken. */
const REFUSALS: Readonly<Partial<Record<Behaviour, readonly [status: number, why: string]>>> = {
  throttled: [429, 'too many requests'],
  server_error: [500, 'internal error'],
  rejected: [422, 'this member takes no InMail'],
  no_credits: [402, 'no InMail credits'],
  restricted: [403, 'the account is restricted'],
};

async function answer(
  world: World,
  { body, raw: { socket } }: FastifyRequest<{ Body: Ask }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { behaviour, accountId, reservationId, recipientId, campaignId = null } = body;
  const { outbox } = world;
  const [status, error] = REFUSALS[behaviour] ?? [];
  if (status === 429) void reply.header('retry-after', String(RETRY_AFTER_SECONDS));
  if (status !== undefined) return reply.code(status).send({ error });
  const letter = { accountId, reservationId, recipientId, campaignId, receivedAt: world.now() };
  const take = (): Taken => outbox.take(letter);
  if (behaviour === 'hang_then_accept') {
    void takeLate(world, socket, take);
    return reply.hijack();
  }
  const earlier = outbox.proven(accountId);
  const taken = take();
  if (behaviour === 'hang') world.hang();
  // Not answered by anybody: the connection is cut when the caller or this LinkedIn ends.
  if (behaviour === 'hang' || behaviour === 'no_answer') return reply.hijack();
  if (behaviour === 'slow') await pause(world.slowMs, world.ending);
  if (behaviour === 'error_after_accept') return reply.code(502).send({ error: 'bad gateway' });
  if (behaviour === 'no_chat_id') return reply.send({ chatId: '' });
  const said = behaviour === 'same_chat_twice' && earlier ? earlier : taken;
  // A caller that went away while we were slow was given nothing.
  if (!socket.destroyed) outbox.prove(said);
  return reply.send({ chatId: said.chatId, messageId: said.messageId });
}

/** Takes the InMail some time after its caller has gone; not at all if this LinkedIn ends first. */
async function takeLate(world: World, socket: Socket, take: () => Taken): Promise<void> {
  if (!socket.closed) {
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
  }
  await pause(world.lateMs, world.ending);
  if (world.ending.aborted) return;
  try {
    take();
  } catch {
    // Full: nobody is left to be told, and nothing was taken.
  }
}

/** Ends early, without an error, when this LinkedIn ends. */
const pause = (ms: number, ending: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal: ending }).catch(() => undefined);
