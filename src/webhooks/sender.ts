/**
 * Sends what is due: each endpoint in order, several at once, never two senders together. All
 * progress is in Postgres, so one that dies loses nothing; what it had in hand is sent again, under
 * the same id.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { signWebhook } from '../client/webhooks.js';
import { WEBHOOK_KEPT_MS } from '../domain/primitives/limits.js';
import { isGivenUp, retryDelay, secretsAt, webhookBody } from '../domain/wire/webhookEvents.js';
import { SECOND_MS, type Instant } from '../domain/primitives/time.js';
import type { WebhookEvent, WebhookSecret } from '../domain/wire/webhookEvents.js';
import { inTransaction, type Pool } from '../postgres/pool.js';
import { dropOld, endCooldowns, placeEvents } from '../postgres/webhooks/outbox.js';
import {
  giveSenderLock,
  keepSenderLock,
  listDue,
  listPings,
  logTry,
  movePosition,
  postpone,
  readDue,
  readWindow,
  takeSenderLock,
  type Due,
  type Ping,
  type Window,
} from '../postgres/webhooks/queue.js';
import { flawOf, type Post } from './post.js';
import { Slots } from './slots.js';

/** Endpoints that are called at once, */
const AT_ONCE = 16;
/** and beside them those that are pinged: pings are asked for, so they may be many. */
const PINGS_AT_ONCE = 2;
/** How long an endpoint is served while others wait. */
const TURN_MS = 10 * SECOND_MS;
/** How often it looks for what is new. */
const LOOK_MS = SECOND_MS;
/** The receiver wants no more, ever (Standard Webhooks). */
const GONE = 410;

export type SenderNeeds = {
  readonly pool: Pool;
  readonly post: Post;
  readonly now: () => Instant;
  /** In [0, 1). */
  readonly random: () => number;
  /** No new try is begun once it is aborted. */
  readonly leaving: AbortSignal;
  /** It is alive: after each look. */
  readonly beat: (sent: number) => void;
  /** A line for people: an endpoint was switched off. */
  readonly warn: (line: string, details: { readonly [name: string]: unknown }) => void;
};
export type Sent = { readonly delivered: number; readonly failed: number };

/** Sends until that instant, or until it is told to leave. */
export const sendUntil = (needs: SenderNeeds, end: Instant): Promise<Sent> =>
  asOnly(needs, async (sender, lookOnce) => {
    while (!needs.leaving.aborted && needs.now() < end) {
      await lookOnce();
      needs.beat(sender.sent.delivered);
      await pause(LOOK_MS, needs.leaving);
    }
  });

/** Sends what is due now, and what comes after it in the same endpoints; then it ends. */
export const sendDue = (needs: SenderNeeds): Promise<Sent> =>
  asOnly(needs, async (sender, lookOnce) => {
    await lookOnce();
    await sender.idle();
  });

/** Works as the only sender; where there is another, a look does nothing. */
async function asOnly(
  needs: SenderNeeds,
  work: (sender: Sender, lookOnce: () => Promise<void>) => Promise<void>,
): Promise<Sent> {
  const sender = new Sender(needs);
  // Whoever holds this connection is the sender: if it dies, the lock is free at once.
  const lock = await needs.pool.connect();
  let isMine = false;
  try {
    await work(sender, async () => {
      if (isMine) await keepSenderLock(lock);
      else isMine = await takeSenderLock(needs.pool, lock);
      if (isMine) await sender.look();
    });
    await sender.settled();
    if (isMine) await giveSenderLock(lock);
    lock.release();
    return sender.sent;
  } catch (error) {
    lock.release(true);
    await sender.settled();
    throw error;
  }
}

class Sender {
  readonly sent = { delivered: 0, failed: 0 };
  readonly #needs: SenderNeeds;
  readonly #endpoints = new Slots<Due>(AT_ONCE, (due) => this.#goOn(this.#drain(due.endpointId)));
  readonly #pings = new Slots<Ping>(PINGS_AT_ONCE, (ping) => this.#goOn(this.#ping(ping)));
  #isOver = false;
  #hasDropped = false;

  constructor(needs: SenderNeeds) {
    this.#needs = needs;
  }

  /** Brings the outbox up to date, and begins with every endpoint whose turn it is. */
  async look(): Promise<void> {
    const { pool, now } = this.#needs;
    if (!this.#hasDropped) await dropOld(pool, now() - WEBHOOK_KEPT_MS);
    this.#hasDropped = true;
    await endCooldowns(pool, now());
    let hasMore = true;
    while (hasMore) hasMore = await inTransaction(pool, placeEvents);
    this.#endpoints.offer(await listDue(pool, now()));
    this.#pings.offer(await listPings(pool));
  }

  /** Waits for all that has begun, and what comes after it. */
  async idle(): Promise<void> {
    await Promise.all([this.#endpoints.idle(), this.#pings.idle()]);
  }

  /** Begins nothing more, and waits for what is on its way. */
  async settled(): Promise<void> {
    this.#isOver = true;
    await this.idle();
  }

  #goOn(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      // Postgres is away, or busy: nothing was lost, the next look begins again.
      this.#needs.warn('webhook.interrupted', { error: String(error) });
    });
  }

  get #isLeaving(): boolean {
    return this.#isOver || this.#needs.leaving.aborted;
  }

  /**
   * An endpoint's events, one after the other, until there are no more, it is not due, or it has had
   * its turn and others wait.
   */
  async #drain(endpointId: string): Promise<void> {
    const { pool, now } = this.#needs;
    const end = now() + TURN_MS;
    const isOver = (): boolean => now() >= end && this.#endpoints.areWaiting;
    while (!this.#isLeaving) {
      const due = await readDue(pool, endpointId, now());
      if (!due) return;
      const window = await readWindow(pool, due);
      if (window.last === due.position) return;
      await this.#deliverAll(due, window, isOver);
      if (isOver()) return;
    }
  }

  /** Ends before its time where an event is not taken, or the endpoint is not as it was read. */
  async #deliverAll(read: Due, { events, last }: Window, isOver: () => boolean): Promise<void> {
    let due = read;
    for (const event of events) {
      if (this.#isLeaving || !(await this.#deliver(due, event))) return;
      if (isOver()) return; // after at least one: each turn gets on
      due = { ...due, position: event.position, attempt: 0, failingSince: null };
    }
    if (due.position !== last) await movePosition(this.#needs.pool, due, last);
  }

  /** One event, once; true: it was taken, and the next one may follow. */
  async #deliver(due: Due, event: WebhookEvent & { readonly position: number }): Promise<boolean> {
    const { pool, now, random, warn } = this.#needs;
    const attempt = due.attempt + 1;
    const { error, status } = await this.#try(due, event, attempt);
    if (error === null) return movePosition(pool, due, event.position);
    const at = now();
    const failingSince = due.failingSince ?? at;
    const reason = reasonToStop(status, failingSince, at);
    const { endpointId } = due;
    const isPostponed = await postpone(pool, due, {
      attempt,
      failingSince,
      nextAttemptAt: at + retryDelay(attempt, random()),
      disabled: reason === null ? null : { at, reason },
    });
    if (isPostponed && reason !== null) warn('webhook.disabled', { endpointId, reason, error });
    return false;
  }

  async #ping(ping: Ping): Promise<void> {
    await this.#try(ping, ping.event, 1);
  }

  async #try(
    endpoint: Pick<Due, 'endpointId' | 'url' | 'secrets'>,
    event: WebhookEvent,
    attempt: number,
  ): Promise<{ readonly status: number | null; readonly error: string | null }> {
    const { pool, post, now } = this.#needs;
    const at = now();
    const begin = performance.now();
    const body = webhookBody(event);
    const headers = headersOf(event.eventId, body, endpoint.secrets, at);
    const heard = await post(endpoint.url, headers, body).catch((error: unknown) => ({
      status: null,
      answer: null,
      error: flawOf(error),
    }));
    const flaw = 'error' in heard ? heard.error : flawOfStatus(heard.status);
    const { endpointId } = endpoint;
    const durationMs = Math.round(performance.now() - begin);
    await logTry(pool, {
      endpointId,
      event,
      attempt,
      at,
      durationMs,
      status: heard.status,
      error: flaw,
      answer: flaw === null ? null : heard.answer,
    });
    this.sent[flaw === null ? 'delivered' : 'failed'] += 1;
    return { status: heard.status, error: flaw };
  }
}

function headersOf(
  id: string,
  body: string,
  secrets: readonly WebhookSecret[],
  at: Instant,
): { readonly [name: string]: string } {
  const sentAt = Math.floor(at / SECOND_MS);
  const signatures = secretsAt(secrets, at).map((one) => signWebhook({ id, sentAt, body }, one));
  return {
    'user-agent': 'safeband-webhooks/1',
    'webhook-id': id,
    'webhook-timestamp': String(sentAt),
    'webhook-signature': signatures.join(' '),
  };
}

function flawOfStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  const isMoved = status >= 300 && status < 400;
  return `the receiver answered ${status}${isMoved ? ': no redirect is followed' : ''}`;
}

function reasonToStop(status: number | null, failingSince: Instant, at: Instant): string | null {
  if (status === GONE) return 'the receiver answered 410: it wants no more';
  return isGivenUp(failingSince, at) ? 'nothing was taken for three days' : null;
}

/** Resolves after that time, or when it is told to leave. */
const pause = (ms: number, leaving: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal: leaving }).catch(() => undefined);
