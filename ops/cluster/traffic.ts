/** Asks for slots and reports deliveries over HTTP, as a pipeline does: with the same id until answered. */
import { pause } from '../../dev/child.js';
import type { Answer, Kind, Limits } from './checks.js';

const CALLERS = 24;
const PACE_MS = 120;
const AGAIN_MS = 200;
/** A caller gives up its connection after this, and asks again. */
const REQUEST_MS = 15_000;

export type Plan = Limits & { readonly asksPerAccount: number };
export type Target = { readonly url: string; readonly key: string };

export type Traffic = {
  readonly answers: readonly Answer[];
  /** How many asks have their final answer. */
  readonly decided: () => number;
  readonly now: () => number;
  readonly done: Promise<void>;
};

export const accountsOf = ({ accounts }: Limits): readonly string[] =>
  Array.from({ length: accounts }, (_, n) => `cluster-${n + 1}`);

type Reply = { readonly status: number; readonly body: unknown };

async function post({ url, key }: Target, route: string, body: object): Promise<Reply> {
  const answer = await fetch(`${url}/v1/accounts/${route}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_MS),
  });
  return { status: answer.status, body: await answer.json() };
}

/** Connects the accounts, and waits until each of them grants. */
export async function connectAll(target: Target, plan: Plan): Promise<void> {
  for (const accountId of accountsOf(plan)) {
    const settings = { tier: 'sales_navigator', dailyCap: plan.cap };
    const { status, body } = await post(target, `${accountId}/connect`, settings);
    if (status >= 300)
      throw new Error(`connect of ${accountId}: ${status} ${JSON.stringify(body)}`);
  }
  for (const accountId of accountsOf(plan)) {
    for (;;) {
      const answer = await fetch(`${target.url}/v1/accounts/${accountId}/status`, {
        headers: { authorization: `Bearer ${target.key}` },
      });
      const status: { readonly state?: string } = await answer.json();
      if (status.state === 'active') break;
      await pause(AGAIN_MS);
    }
  }
}

/** Starts the traffic: all asks at an even pace, each by one of the callers. */
export function startTraffic(target: Target, plan: Plan): Traffic {
  const began = performance.now();
  const now = (): number => performance.now() - began;
  const answers: Answer[] = [];
  const accounts = accountsOf(plan);
  const asks = Array.from({ length: plan.asksPerAccount }, (_, n) =>
    accounts.map((accountId) => ({ accountId, id: `ask-${n + 1}` })),
  ).flat();
  let next = 0;
  let decided = 0;

  /** Sends a request until it is answered, and records every answer. */
  const insist = async (
    ask: { readonly accountId: string; readonly id: string },
    route: string,
    body: object,
    kindOf: (body: object) => { readonly kind: Kind; readonly reason?: string | undefined },
  ): Promise<Kind> => {
    for (;;) {
      const askedAt = now();
      const reply = await post(target, `${ask.accountId}/${route}`, body).catch(() => undefined);
      if (reply?.status === 200 && typeof reply.body === 'object' && reply.body !== null) {
        const found = kindOf(reply.body);
        answers.push({ ...ask, ...found, askedAt, at: now() });
        if (found.kind !== 'unavailable') return found.kind;
      } else if (reply && reply.status !== 503) {
        throw new Error(`${route} ${ask.id}: ${reply.status} ${JSON.stringify(reply.body)}`);
      } else {
        answers.push({ ...ask, kind: 'unavailable', askedAt, at: now() });
      }
      await pause(AGAIN_MS);
    }
  };

  const caller = async (): Promise<void> => {
    for (;;) {
      const turn = next;
      const ask = asks[turn];
      if (!ask) return;
      next += 1;
      await pause(Math.max(0, turn * PACE_MS - now()));
      const kind = await insist(ask, 'sendReserve', { reservationId: ask.id }, (body) => {
        const answer: { readonly granted?: boolean; readonly reason?: string } = body;
        if (answer.granted) return { kind: 'granted' };
        // The request waited in Temporal for more than 5 s; the caller asks again at once.
        if (answer.reason === 'expired') return { kind: 'unavailable' };
        return { kind: 'denied', reason: answer.reason };
      });
      decided += 1;
      if (kind !== 'granted') continue;
      const proof = { chatId: `chat-${ask.id}`, messageId: `message-${ask.accountId}-${ask.id}` };
      const report = { reservationId: ask.id, ...proof };
      await insist(ask, 'sendDelivered', report, () => ({ kind: 'delivered' }));
    }
  };
  const done = Promise.all(Array.from({ length: CALLERS }, caller)).then(() => undefined);
  return { answers, decided: () => decided, now, done };
}
