/**
 * A LinkedIn of our own: takes InMails over HTTP, and behaves badly on request. It remembers what
 * it
 * really took, whatever it answered, so that the counters can be held against the truth.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import fastify, { type FastifyReply } from 'fastify';

export const BEHAVIOURS = [
  'normal',
  'slow',
  'throttled',
  'server_error',
  'error_after_accept',
  'no_chat_id',
  'same_chat_twice',
  'no_answer',
  'late_accept',
  'hang',
  'rejected',
  'no_credits',
  'restricted',
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** An InMail that was really taken. */
export type Taken = {
  readonly accountId: string;
  readonly reservationId: string | null;
  readonly recipientId: string;
  readonly chatId: string;
  readonly messageId: string;
  readonly sentAt: string;
  /** The caller was given this very chat as proof. */
  hasProof: boolean;
};
type Ask = {
  readonly accountId: string;
  readonly reservationId: string;
  readonly recipientId: string;
  readonly behaviour: Behaviour;
};
export type LinkedIn = {
  readonly url: string;
  /** What one account's outbox really has. */
  readonly taken: (accountId: string) => readonly Taken[];
  /** Resolves when an InMail of that behaviour has come in and hangs. */
  readonly hanging: Promise<void>;
  /** An InMail that somebody typed by hand. */
  readonly byHand: (accountId: string, recipientId: string) => Taken;
  readonly close: () => Promise<void>;
};

const SLOW_MS = 1_500;
/** Longer than the demonstration's callers wait. */
const LATE_MS = 3_000;
const RETRY_AFTER_SECONDS = 5_400;
const BODY_MAX = 16 * 1024;
const id = { type: 'string', minLength: 1, maxLength: 512 } as const;
const schema = {
  body: {
    type: 'object',
    required: ['accountId', 'reservationId', 'recipientId'],
    properties: {
      accountId: id,
      reservationId: id,
      recipientId: id,
      behaviour: { type: 'string', enum: BEHAVIOURS, default: 'normal' },
    },
  },
};

/** Starts it on loopback; port 0: any free one. */
export async function startLinkedIn(port = 0): Promise<LinkedIn> {
  const app = fastify({ bodyLimit: BODY_MAX, forceCloseConnections: true });
  const outbox: Taken[] = [];
  const ending = new AbortController();
  let hang = (): void => undefined;
  const hanging = new Promise<void>((resolve) => {
    hang = resolve;
  });
  const take = (accountId: string, recipientId: string, reservationId: string | null): Taken => {
    const names = { chatId: `chat-${randomUUID()}`, messageId: `msg-${randomUUID()}` };
    const sentAt = new Date().toISOString();
    const taken = { accountId, reservationId, recipientId, ...names, sentAt, hasProof: false };
    outbox.push(taken);
    return taken;
  };
  const pause = (ms: number): Promise<void> =>
    sleep(ms, undefined, { signal: ending.signal }).catch(() => undefined);
  const forLater = new Set<Promise<void>>();
  app.post<{ Body: Ask }>('/inmails', { schema }, async ({ body }, reply) => {
    const { accountId, recipientId, reservationId, behaviour } = body;
    const accept = (): Taken => take(accountId, recipientId, reservationId);
    const answer = refusal(behaviour, reply);
    if (answer) return answer;
    if (behaviour === 'late_accept') {
      forLater.add(pause(LATE_MS).then(() => void accept()));
      return never(ending.signal);
    }
    const earlier = outbox.find((one) => one.accountId === accountId && one.hasProof);
    const taken = accept();
    if (behaviour === 'hang') hang();
    if (behaviour === 'hang' || behaviour === 'no_answer') return never(ending.signal);
    if (behaviour === 'slow') await pause(SLOW_MS);
    if (behaviour === 'error_after_accept') return reply.code(502).send({ error: 'bad gateway' });
    if (behaviour === 'no_chat_id') return { chatId: '' };
    const said = behaviour === 'same_chat_twice' && earlier ? earlier : taken;
    said.hasProof = true;
    return { chatId: said.chatId, messageId: said.messageId };
  });
  app.get<{ Params: { id: string } }>('/accounts/:id/outbox', ({ params }) =>
    outbox.filter(({ accountId }) => accountId === params.id),
  );
  const url = await app.listen({ host: '127.0.0.1', port });
  return {
    url,
    taken: (accountId) => outbox.filter((one) => one.accountId === accountId),
    hanging,
    byHand: (accountId, recipientId) => take(accountId, recipientId, null),
    close: async () => {
      ending.abort();
      await Promise.all(forLater);
      await app.close();
    },
  };
}

/** Answers that say: not taken. */
const REFUSALS: Readonly<Partial<Record<Behaviour, readonly [status: number, why: string]>>> = {
  throttled: [429, 'too many requests'],
  server_error: [500, 'internal error'],
  rejected: [422, 'this member takes no InMail'],
  no_credits: [402, 'no InMail credits'],
  restricted: [403, 'the account is restricted'],
};

function refusal(behaviour: Behaviour, reply: FastifyReply): FastifyReply | undefined {
  const [status, error] = REFUSALS[behaviour] ?? [];
  if (status === undefined) return undefined;
  if (status === 429) void reply.header('retry-after', String(RETRY_AFTER_SECONDS));
  return reply.code(status).send({ error });
}

/** An answer that does not come while the server lives. */
const never = (signal: AbortSignal): Promise<object> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve({}), { once: true });
  });
