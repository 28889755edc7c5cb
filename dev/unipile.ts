/**
 * A simulated Unipile in front of the simulated LinkedIn, as Unipile's public API pages describe
 * it: it takes InMails (`POST /api/v1/chats`), returns the status of an account
 * (`GET /api/v1/accounts/:id`), and reports messages and account statuses to webhooks
 * (`unipileWebhooks.ts`). LinkedIn's answers become Unipile's errors; a test can ask for any other.
 */
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Behaviour, LinkedIn, Sent } from './linkedin.js';
import {
  WebhookSender,
  type Delivery,
  type UnipileAccount,
  type WebhookTarget,
} from './unipileWebhooks.js';

export type { UnipileAccount } from './unipileWebhooks.js';

/** An answer that a test asks for; nothing reaches LinkedIn. */
export type AskedError = {
  readonly status: number;
  readonly type: string;
  readonly retryAfter?: string;
};
export type SimulatedUnipile = {
  readonly url: string;
  readonly apiKey: string;
  readonly add: (account: UnipileAccount) => void;
  /** Answers the next InMail of the account with this error. */
  readonly failNext: (accountId: string, error: AskedError) => void;
  /** Sets how LinkedIn behaves for the InMail to this recipient. */
  readonly behave: (recipientId: string, behaviour: Behaviour) => void;
  /** Sets the status of an account, and reports it. */
  readonly setStatus: (accountId: string, status: string) => void;
  /** Reports an answer of the recipient in that chat. */
  readonly reply: (accountId: string, chatId: string) => void;
  /** Reports a message of the account to a connection, which is no InMail. */
  readonly chatter: (accountId: string) => void;
  readonly webhookTo: (target: WebhookTarget) => void;
  /** Returns the webhooks that were made by the API; the simulator sends to `webhookTo` only. */
  readonly webhooks: () => readonly WebhookTarget[];
  /** Resolves when every report was delivered or given up. */
  readonly idle: () => Promise<readonly Delivery[]>;
  readonly close: () => Promise<void>;
};

export type UnipileSimulation = {
  readonly linkedIn: LinkedIn;
  readonly apiKey?: string;
  readonly now?: () => number;
};

/** The credits of every account: the simulator does not count them. */
const CREDITS = 50;

type Member = UnipileAccount & { status: string };

/** Starts the simulator on loopback. */
export async function startUnipile(options: UnipileSimulation): Promise<SimulatedUnipile> {
  const { linkedIn, apiKey = 'unipile-key', now = Date.now } = options;
  const members = new Map<string, Member>();
  const errors = new Map<string, AskedError[]>();
  const behaviours = new Map<string, Behaviour>();
  const webhooks = new WebhookSender(now);
  const made: WebhookTarget[] = [];
  const ending = new AbortController();
  const memberOf = (id: string): Member => {
    const member = members.get(id);
    if (member) return member;
    throw new Error(`${id} is not connected to this Unipile`);
  };
  const app = createApp({
    apiKey,
    members,
    made,
    nextError: (id) => errors.get(id)?.shift(),
    send: (member, recipientId) => {
      const behaviour = behaviours.get(recipientId) ?? 'normal';
      return sendByLinkedIn(linkedIn, member, { recipientId, behaviour }, ending.signal);
    },
  });
  const report = async (sender: Member, sent: Sent): Promise<void> => {
    const delivery = await webhooks.message(sender, { ...sent, type: 'INMAIL', isSender: true });
    if (delivery?.status === 200) linkedIn.prove(sent);
  };
  const stopListening = linkedIn.onSent((sent) => {
    const sender = [...members.values()].find((one) => one.linkedInAccountId === sent.accountId);
    if (sender) void report(sender, sent);
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const plain = { chatId: 'a-chat', recipientId: 'ACoAAconnection' };
  return {
    url,
    apiKey,
    add: (account) => void members.set(account.id, { ...account, status: 'OK' }),
    failNext: (id, error) => void errors.set(id, [...(errors.get(id) ?? []), error]),
    behave: (recipientId, behaviour) => void behaviours.set(recipientId, behaviour),
    setStatus: (id, status) => {
      memberOf(id).status = status;
      webhooks.status(id, status);
    },
    reply: (id, chatId) => {
      const message = { ...plain, chatId, type: 'INMAIL_REPLY', isSender: false } as const;
      void webhooks.message(memberOf(id), message);
    },
    chatter: (id) => {
      void webhooks.message(memberOf(id), { ...plain, type: 'MESSAGE', isSender: true });
    },
    webhookTo: (target) => webhooks.sendTo(target),
    webhooks: () => [...made],
    idle: () => webhooks.idle(),
    close: async () => {
      stopListening();
      ending.abort();
      await app.close();
      await webhooks.idle();
    },
  };
}

/** An answer of Unipile's API. */
type Answer = { readonly status: number; readonly body: object; readonly retryAfter?: string };
type World = {
  readonly apiKey: string;
  readonly members: ReadonlyMap<string, Member>;
  readonly made: WebhookTarget[];
  readonly nextError: (accountId: string) => AskedError | undefined;
  readonly send: (member: Member, recipientId: string) => Promise<Answer>;
};

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
};
const problem = ({ status, type, retryAfter }: AskedError): Answer => ({
  status,
  body: { title: TITLES[status] ?? 'Error', detail: type, instance: '/', type, status },
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

function createApp({ apiKey, members, made, nextError, send }: World): FastifyInstance {
  const app = fastify({ bodyLimit: 64 * 1_024, forceCloseConnections: true });
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer' },
    async ({ headers }: FastifyRequest, body: Buffer) => {
      const type = headers['content-type'] ?? '';
      return new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
    },
  );
  app.addHook('onRequest', async ({ headers }, reply) => {
    if (headers['x-api-key'] === apiKey) return undefined;
    return answer(reply, problem({ status: 401, type: 'errors/missing_credentials' }));
  });
  app.post<{ Body: FormData }>('/api/v1/chats', async ({ body }, reply) => {
    const text = (name: string): string => {
      const value = body.get(name);
      return typeof value === 'string' ? value : '';
    };
    if (text('account_id') === '' || text('attendees_ids') === '') {
      return answer(reply, problem({ status: 400, type: 'errors/missing_parameters' }));
    }
    const member = members.get(text('account_id'));
    if (!member) {
      return answer(reply, problem({ status: 404, type: 'errors/resource_not_found' }));
    }
    const asked = nextError(member.id);
    if (asked) return answer(reply, problem(asked));
    if (member.status !== 'OK') {
      return answer(reply, problem({ status: 401, type: 'errors/disconnected_account' }));
    }
    if (text('linkedin[inmail]') !== 'true') {
      const type = 'errors/no_connection_with_recipient';
      return answer(reply, problem({ status: 422, type }));
    }
    return answer(reply, await send(member, text('attendees_ids')));
  });
  app.get<{ Params: { id: string } }>('/api/v1/accounts/:id', async ({ params }, reply) => {
    const member = members.get(params.id);
    if (!member || member.status === 'DELETED') {
      return answer(reply, problem({ status: 404, type: 'errors/resource_not_found' }));
    }
    const { id, status } = member;
    const sources = [{ id: `${id}_MESSAGING`, status }];
    return reply.send({ object: 'Account', id, type: 'LINKEDIN', sources });
  });
  app.get<{ Querystring: { account_id?: string } }>(
    '/api/v1/linkedin/inmail_balance',
    async ({ query }, reply) => {
      if (!members.has(query.account_id ?? '')) {
        return answer(reply, problem({ status: 404, type: 'errors/resource_not_found' }));
      }
      const credits = { premium: null, recruiter: null, sales_navigator: CREDITS };
      return reply.send({ object: 'LinkedinInmailBalance', ...credits });
    },
  );
  app.post<{ Body: MadeWebhook }>('/api/v1/webhooks', async ({ body }, reply) => {
    const { request_url: to, headers = [] } = body;
    const secret = headers.find(({ key }) => key === 'Unipile-Auth')?.value ?? '';
    made.push({ url: to, secret });
    return reply.code(201).send({ object: 'WebhookCreated', webhook_id: `we_${made.length}` });
  });
  return app;
}

/** The body of a request for a webhook, as far as the simulator reads it. */
type MadeWebhook = {
  readonly request_url: string;
  readonly headers?: readonly { readonly key: string; readonly value: string }[];
};

function answer(reply: FastifyReply, { status, body, retryAfter }: Answer): FastifyReply {
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
  return reply.code(status).send(body);
}

/** LinkedIn's refusals in Unipile's words. */
const REFUSALS: Readonly<Record<number, readonly [status: number, type: string]>> = {
  402: [422, 'errors/insufficient_credits'],
  403: [403, 'errors/account_restricted'],
  422: [422, 'errors/invalid_recipient'],
  429: [429, 'errors/too_many_requests'],
};

/** Sends the InMail at the simulated LinkedIn, and returns the answer in Unipile's words. */
async function sendByLinkedIn(
  { url }: LinkedIn,
  { linkedInAccountId }: Member,
  { recipientId, behaviour }: { readonly recipientId: string; readonly behaviour: Behaviour },
  signal: AbortSignal,
): Promise<Answer> {
  const letter = {
    accountId: linkedInAccountId,
    reservationId: recipientId,
    recipientId,
    behaviour,
  };
  const said = await fetch(`${url}/inmails`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(letter),
    signal,
  }).catch(() => undefined);
  if (said?.ok) {
    const { chatId, messageId }: { chatId: string; messageId?: string } = JSON.parse(
      await said.text(),
    );
    const body = { object: 'ChatStarted', chat_id: chatId, message_id: messageId ?? null };
    return { status: 201, body };
  }
  const [status, type] = REFUSALS[said?.status ?? 500] ?? [500, 'errors/provider_error'];
  const retryAfter = said?.headers.get('retry-after') ?? undefined;
  return problem({ status, type, ...(retryAfter === undefined ? {} : { retryAfter }) });
}
