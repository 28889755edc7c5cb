/**
 * A send pipeline as a customer would write it: `sendWithSlot` around a call to LinkedIn, with the
 * journal in Postgres. The demonstration uses it. Run alone, it is the second pipeline process.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import {
  createClient,
  pgJournal,
  secondsIn,
  SendFailure,
  sendWithSlot,
  type SafebandClient,
  type Send,
  type SendAnswer,
  type SendResult,
} from '../src/client/index.js';
import { connectClient } from '../src/temporal/clientConnection.js';
import { dataConverterFrom } from '../src/temporal/codec.js';
import { createPool, type Pool } from '../src/postgres/pool.js';
import type { Behaviour } from './linkedin.js';
import { reservationOf, type PlannedSend } from './day.js';
import { createUnipile } from '../src/unipile/index.js';
import { DAY_MS } from '../src/domain/primitives/time.js';
import { NO_KEYS, payloadKeysFrom, type PayloadKeys } from '../src/temporal/payloadKeys.js';

/** Behaviours without an answer: the pipeline waits only for `UNANSWERED_MS`. */
const UNANSWERED: readonly Behaviour[] = ['no_answer', 'hang_then_accept'];
const UNANSWERED_MS = 2_000;
/**
 * How long the pipeline waits for an answer. Longer than a slow machine needs, because a late
 * answer would make the slot uncertain.
 */
const ANSWERED_MS = 20_000;
/** How long a call of the behaviour `hang` may last; its process is killed before. */
const HANGS_MS = 60_000;
/** How long an ask waits in the line: over the next midnight UTC. */
const WAITS_MS = 1.5 * DAY_MS;
const POLL_MS = 2_000;

export type Pipeline = {
  readonly client: SafebandClient;
  /**
   * Sends one InMail of the plan; `accountId` is the account's id in this demonstration. The signal
   * ends the wait of an ask in the line.
   */
  readonly send: (
    accountId: string,
    planned: PlannedSend,
    signal?: AbortSignal,
  ) => Promise<SendResult>;
  readonly pool: Pool;
  readonly close: () => Promise<void>;
};
export type Places = {
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  readonly linkedInUrl: string;
  /** The simulated Unipile; without it, every send goes to LinkedIn itself. */
  readonly unipile?: { readonly dsn: string; readonly apiKey: string };
};

export async function createPipeline(
  places: Places,
  payloadKeys: PayloadKeys = NO_KEYS,
): Promise<Pipeline> {
  const connection = await connectClient({ address: places.temporalAddress });
  const temporal = new Client({ connection, dataConverter: dataConverterFrom(payloadKeys) });
  const client = createClient({ client: temporal, deadlineMs: 15_000 });
  // A program that remembers no denial of this one.
  const other = createClient({ client: temporal, deadlineMs: 15_000, rememberDenialsMs: 0 });
  const pool = createPool(places.databaseUrl);
  const journal = pgJournal(pool);
  return {
    client,
    pool,
    send: (accountId, planned, signal) => {
      const { campaign, recipient, behaviour, by } = planned;
      const reservationId = reservationOf(planned);
      const request = { reservationId, campaignId: campaign, recipientId: recipient };
      const call = callOf(places, accountId, planned);
      const options = { journal, sendTimeoutMs: timeoutOf(behaviour) };
      const sender = by === 'other-tool' ? other : client;
      if (by !== 'waiting') return sendWithSlot(sender, accountId, request, call, options);
      const validUntil = new Date(Date.now() + WAITS_MS).toISOString();
      const waiting = { ...options, pollMs: POLL_MS, ...(signal ? { signal } : {}) };
      return client.sendWhenAllowed(accountId, { ...request, validUntil }, call, waiting);
    },
    close: async () => {
      await pool.end();
      await connection.close();
    },
  };
}

/** Returns the call of a send: to the simulated Unipile, or to LinkedIn itself. */
function callOf({ linkedInUrl, unipile }: Places, accountId: string, planned: PlannedSend): Send {
  const { recipient, behaviour, by } = planned;
  if (by === 'unipile' && unipile) {
    const letter = { unipileAccountId: accountId, recipientId: recipient, text: 'Hello!' };
    return createUnipile(unipile).send(letter);
  }
  const reservationId = reservationOf(planned);
  const body = { accountId, reservationId, recipientId: recipient, behaviour };
  return ({ signal }) => callLinkedIn(linkedInUrl, body, signal);
}

function timeoutOf(behaviour: Behaviour): number {
  if (behaviour === 'hang') return HANGS_MS;
  return UNANSWERED.includes(behaviour) ? UNANSWERED_MS : ANSWERED_MS;
}

/** Reads LinkedIn's answer: only a clear refusal is a refusal, everything else is unknown (R18). */
async function callLinkedIn(
  url: string,
  body: { readonly behaviour: Behaviour },
  signal: AbortSignal,
): Promise<SendAnswer> {
  const answer = await fetch(`${url}/inmails`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  if (answer.status === 429) {
    const pause = secondsIn(answer.headers.get('retry-after'), Date.now());
    throw new SendFailure('throttled', 'throttled', pause);
  }
  if (answer.status === 402) throw new SendFailure('no_credits', 'no credits');
  if (answer.status === 403) throw new SendFailure('restricted', 'restricted');
  if (answer.status === 422) throw new SendFailure('rejected', 'LinkedIn did not take it');
  if (!answer.ok) throw new SendFailure('unknown', `HTTP ${answer.status}`);
  const raw: unknown = await answer.json();
  const text = (name: string): string | undefined => {
    const value = new Map(Object.entries(raw ?? {})).get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const messageId = text('messageId');
  return { chatId: text('chatId') ?? null, ...(messageId ? { messageId } : {}) };
}

type SecondInput = Places & {
  readonly suffix: string;
  readonly sends: readonly PlannedSend[];
};

/** Runs the second process: its plan comes on stdin, and it prints one JSON line for each send. */
async function second(): Promise<void> {
  const input: SecondInput = JSON.parse(readFileSync(0, 'utf8'));
  const pipeline = await createPipeline(input, payloadKeysFrom(process.env));
  const begin = Date.now();
  for (const planned of input.sends) {
    await sleep(Math.max(0, begin + planned.atSeconds * 1_000 - Date.now()));
    const result = await pipeline.send(`${planned.account}${input.suffix}`, planned);
    process.stdout.write(`${JSON.stringify({ planned, result })}\n`);
  }
  await pipeline.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await second();
