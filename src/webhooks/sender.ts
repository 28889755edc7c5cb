/**
 * Sends due events: in order for each endpoint, several endpoints at once, never two senders at
 * once. All progress is in Postgres, so a sender that dies loses nothing. Its unfinished events are
 * sent again with the same id.
 */
import { signWebhook } from '../client/webhooks.js';
import { WEBHOOK_KEPT_MS } from '../domain/primitives/limits.js';
import { isGivenUp, retryDelay, secretsAt } from '../domain/wire/webhookEvents.js';
import { SECOND_MS, type Instant } from '../domain/primitives/time.js';
import type { WebhookEvent, WebhookSecret } from '../domain/wire/webhookEvents.js';
import { inTransaction, type Pool } from '../postgres/pool.js';
import { dropOld, placeEvents, writeEnds } from '../postgres/webhooks/outbox.js';
import {
  giveSenderLock,
  hasEndpoint,
  keepSenderLock,
  listDue,
  listPings,
  logTry,
  movePosition,
  postpone,
  readDue,
  readPing,
  readWindow,
  takeSenderLock,
  type Due,
  type Window,
} from '../postgres/webhooks/queue.js';
import { flawOf, type Post } from './post.js';
import { bodyOf } from './slack.js';
import { Slots } from './slots.js';
import { LOOK_MS, pause } from './waiting.js';

/** Maximum number of endpoints that are called at once. */
const AT_ONCE = 16;
/** Maximum number of additional pings at once: users ask for pings, so there may be many. */
const PINGS_AT_ONCE = 2;
/** How long an endpoint may use its place while others wait. */
const TURN_MS = 10 * SECOND_MS;
/** The status of a receiver that wants no further event (Standard Webhooks). */
const GONE = 410;

export type SenderNeeds = {
  readonly pool: Pool;
  readonly post: Post;
  readonly now: () => Instant;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  /** Once it is aborted, no new attempt starts. */
  readonly leaving: AbortSignal;
  /** Called after each search for events, as a heartbeat. */
  readonly beat: (sent: number) => void;
  /** Logs a line for people, for example that an endpoint was disabled. */
  readonly warn: (line: string, details: { readonly [name: string]: unknown }) => void;
};
export type Sent = {
  readonly delivered: number;
  readonly failed: number;
  /** True if it ended because there is no endpoint. */
  readonly isIdle: boolean;
};

/** Sends until that instant, until `leaving` is aborted, or until there is no endpoint. */
export const sendUntil = (needs: SenderNeeds, end: Instant): Promise<Sent> =>
  asOnly(needs, async (sender, checkOnce) => {
    while (!needs.leaving.aborted && needs.now() < end) {
      await checkOnce();
      needs.beat(sender.sent.delivered);
      sender.sent.isIdle = !(await hasEndpoint(needs.pool));
      if (sender.sent.isIdle) return;
      await pause(LOOK_MS, needs.leaving);
    }
  });

/** Sends the events that are due now and the later events of the same endpoints; then it ends. */
export const sendDue = (needs: SenderNeeds): Promise<Sent> =>
  asOnly(needs, async (sender, checkOnce) => {
    await checkOnce();
    await sender.idle();
  });

/** Works as the only sender; while another sender runs, a search does nothing. */
async function asOnly(
  needs: SenderNeeds,
  work: (sender: Sender, checkOnce: () => Promise<void>) => Promise<void>,
): Promise<Sent> {
  const sender = new Sender(needs);
  // The lock belongs to this connection: if the process dies, the lock is free at once.
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
  readonly sent = { delivered: 0, failed: 0, isIdle: false };
  readonly #needs: SenderNeeds;
  readonly #endpoints = new Slots(AT_ONCE, (endpointId) => this.#guarded(this.#drain(endpointId)));
  readonly #pings = new Slots(PINGS_AT_ONCE, (endpointId) => this.#guarded(this.#ping(endpointId)));
  #isOver = false;
  #hasDropped = false;

  constructor(needs: SenderNeeds) {
    this.#needs = needs;
  }

  /** Updates the outbox, and starts with every endpoint whose turn it is. */
  async look(): Promise<void> {
    const { pool, now } = this.#needs;
    if (!this.#hasDropped) await dropOld(pool, now() - WEBHOOK_KEPT_MS);
    this.#hasDropped = true;
    await writeEnds(pool, now());
    let hasMore = true;
    while (hasMore) hasMore = await inTransaction(pool, placeEvents);
    this.#endpoints.offer(await listDue(pool, now()));
    this.#pings.offer(await listPings(pool));
  }

  /** Waits for the endpoints that have a place; the others wait for the next search. */
  async idle(): Promise<void> {
    await Promise.all([this.#endpoints.idle(), this.#pings.idle()]);
  }

  /** Starts no further attempt, and waits for the running ones. */
  async settled(): Promise<void> {
    this.#isOver = true;
    await this.idle();
  }

  #guarded(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => {
      // Postgres does not answer or is busy. Nothing was lost: the next search starts again.
      this.#needs.warn('webhook.interrupted', { error: String(error) });
    });
  }

  get #isLeaving(): boolean {
    return this.#isOver || this.#needs.leaving.aborted;
  }

  /**
   * Sends the events of an endpoint in order, until none is left, the next is not due, or its turn
   * has ended while others wait.
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

  /** Delivers the events; stops if an event is refused or the endpoint has changed meanwhile. */
  async #deliverAll(read: Due, { events, last }: Window, isOver: () => boolean): Promise<void> {
    let due = read;
    for (const event of events) {
      if (this.#isLeaving || !(await this.#deliver(due, event))) return;
      if (isOver()) return; // after at least one event, so that each turn makes progress
      due = { ...due, position: event.position, attempt: 0, failingSince: null };
    }
    if (due.position !== last) await movePosition(this.#needs.pool, due, last);
  }

  /** Sends one event once; true if it was accepted, so that the next one may follow. */
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

  async #ping(endpointId: string): Promise<void> {
    if (this.#isLeaving) return;
    const ping = await readPing(this.#needs.pool, endpointId);
    if (ping) await this.#try(ping, ping.event, 1);
  }

  async #try(
    endpoint: Pick<Due, 'endpointId' | 'url' | 'secrets' | 'format'>,
    event: WebhookEvent,
    attempt: number,
  ): Promise<{ readonly status: number | null; readonly error: string | null }> {
    const { pool, post, now } = this.#needs;
    const at = now();
    const begin = performance.now();
    const body = bodyOf(endpoint.format, event);
    const headers = headersOf(event.eventId, body, endpoint.secrets, at);
    const answered = await post(endpoint.url, headers, body).catch((error: unknown) => ({
      status: null,
      answer: null,
      error: flawOf(error),
    }));
    const flaw = 'error' in answered ? answered.error : flawOfStatus(answered.status);
    const { endpointId } = endpoint;
    const durationMs = Math.round(performance.now() - begin);
    await logTry(pool, {
      endpointId,
      event,
      attempt,
      at,
      durationMs,
      status: answered.status,
      error: flaw,
      answer: flaw === null ? null : answered.answer,
    });
    this.sent[flaw === null ? 'delivered' : 'failed'] += 1;
    return { status: answered.status, error: flaw };
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
  if (status === GONE) return 'the receiver answered 410: it wants no further event';
  return isGivenUp(failingSince, at) ? 'the receiver accepted no event for three days' : null;
}
