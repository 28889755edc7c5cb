/** How the simulated LinkedIn answers one InMail, and whether it takes it. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Instant } from '../src/domain/primitives/time.js';
import { OutboxFull, type Outbox, type Taken } from './linkedinOutbox.js';

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
  /** Taken only after the caller has gone; never answered. */
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

export type Ask = {
  readonly accountId: string;
  readonly reservationId: string;
  readonly recipientId: string;
  readonly campaignId?: string;
  readonly behaviour: Behaviour;
};
/** What the answers need: the outbox, the delays, and the signal of the end. */
export type World = {
  readonly outbox: Outbox;
  readonly now: () => Instant;
  readonly slowMs: number;
  readonly lateMs: number;
  readonly ending: AbortSignal;
  readonly hang: () => void;
  /** Connections of the callers that hang. */
  readonly hung: Set<Socket>;
};

const RETRY_AFTER_SECONDS = 5_400;

/** Answers that mean: not taken. */
const REFUSALS: Readonly<Partial<Record<Behaviour, readonly [status: number, why: string]>>> = {
  throttled: [429, 'too many requests'],
  server_error: [500, 'internal error'],
  rejected: [422, 'this member takes no InMail'],
  no_credits: [402, 'no InMail credits'],
  restricted: [403, 'the account is restricted'],
};

/** Answers one call by its behaviour; throws `OutboxFull`. */
export async function answer(
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
    return leave(world, socket, reply);
  }
  const earlier = outbox.proven(accountId);
  const taken = take();
  if (behaviour === 'hang') world.hang();
  if (behaviour === 'hang' || behaviour === 'no_answer') return leave(world, socket, reply);
  if (behaviour === 'slow') {
    await pause(world.slowMs, world.ending);
    // Cut off, like all waiting calls: it is not certain that this answer would still arrive.
    if (world.ending.aborted) return leave(world, socket, reply);
  }
  if (behaviour === 'error_after_accept') return reply.code(502).send({ error: 'bad gateway' });
  if (behaviour === 'no_chat_id') return reply.send({ chatId: '' });
  const answered = behaviour === 'same_chat_twice' && earlier ? earlier : taken;
  // A caller that left during a slow answer gets no proof.
  if (!socket.destroyed) outbox.prove(answered);
  return reply.send({ chatId: answered.chatId, messageId: answered.messageId });
}

/** Leaves the call unanswered: it hangs until its caller or this LinkedIn ends. */
function leave({ hung }: World, socket: Socket, reply: FastifyReply): FastifyReply {
  if (!socket.closed) {
    hung.add(socket);
    socket.once('close', () => hung.delete(socket));
  }
  return reply.hijack();
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
  } catch (error) {
    // The outbox is full: the caller has gone, and nothing was taken.
    if (!(error instanceof OutboxFull)) throw error;
  }
}

/** Waits; ends early, without an error, when this LinkedIn ends. */
const pause = (ms: number, ending: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal: ending }).catch(() => undefined);
