/**
 * The routes to reserve slots: one, or many in order. A denial is an answer with the status 200.
 */
import type { Static } from 'typebox';
import { SafebandError } from '../../client/index.js';
import { prefixFlaw } from '../../domain/wire/replyTo.js';
import { checkIdempotencyKey } from '../plumbing/idempotency.js';
import { invalidInput, Problem } from '../plumbing/problems.js';
import { batch, decision } from '../schemas/decisions.js';
import { looseBatch, sendReserve, sendReserveBatch } from '../schemas/messages.js';
import { checkOf } from '../plumbing/validation.js';
import { message, type Asked } from './message.js';
import type { FailureType } from '../../domain/account/refusals.js';
import type { Parts } from '../context.js';

type Request = Static<typeof sendReserve>;
type Decisions = Static<typeof batch>['decisions'];

export const reserve = message({
  name: 'sendReserve',
  needs: 'send',
  summary: 'Ask for one slot',
  body: sendReserve,
  answer: decision,
  isIdempotent: true,
  send: async ({ parts, request, reply, caller, accountId, body }) => {
    const flaw = replyFlaw(body, { isLimited: caller.accounts !== null, parts });
    if (flaw) throw flaw;
    await checkIdempotencyKey({ pool: parts.pool, request, reply });
    const answer = await parts.client.reserve(accountId, body);
    if (!answer.granted && !('waiting' in answer) && answer.retryAt !== null) {
      const seconds = Math.ceil((Date.parse(answer.retryAt) - parts.now()) / 1_000);
      void reply.header('retry-after', String(Math.max(0, seconds)));
    }
    return answer;
  },
});

export const reserveBatch = message({
  name: 'sendReserveBatch',
  needs: 'send',
  summary: 'Ask for up to 200 slots, decided in order',
  // The items are checked separately, so that a bad item does not fail the others.
  body: looseBatch,
  shown: sendReserveBatch,
  answer: batch,
  isIdempotent: true,
  send: async ({ parts, request, reply, caller, accountId, body }) => {
    await checkIdempotencyKey({ pool: parts.pool, request, reply });
    const isLimited = caller.accounts !== null;
    return { decisions: await decide({ parts, accountId, items: body.requests, isLimited }) };
  },
});

const checkItem = checkOf(sendReserve);

async function decide(asked: {
  readonly parts: Asked['parts'];
  readonly accountId: string;
  readonly items: readonly unknown[];
  readonly isLimited: boolean;
}): Promise<Decisions> {
  const { parts, accountId, items, isLimited } = asked;
  const read = items.map((raw) => readItem(raw, { isLimited, parts }));
  const good = read.flatMap((item) => (item instanceof Problem ? [] : [item]));
  const answers = await parts.client.reserveMany(accountId, good);
  for (const answer of answers) {
    // An account that is unknown or does not answer fails the whole batch, not one item.
    if (answer instanceof SafebandError && isOfAccount(answer)) throw answer;
  }
  const next = answers.values();
  return items.map((raw, i) => {
    const item = read[i];
    if (item instanceof Problem) return errorOf(raw, 'InvalidInput', item.message);
    const answer = next.next().value;
    if (answer instanceof SafebandError) return errorOf(raw, answer.type, answer.message);
    return answer ?? errorOf(raw, 'Unavailable', 'no answer');
  });
}

const isOfAccount = ({ type }: SafebandError): boolean =>
  type === 'AccountUnknown' || type === 'Unavailable';

type May = { readonly isLimited: boolean; readonly parts: Pick<Parts, 'replyPrefix'> };

function readItem(raw: unknown, may: May): Request | Problem {
  const found = checkItem(raw);
  if ('problem' in found) return found.problem;
  return replyFlaw(found.value, may) ?? found.value;
}

/**
 * Returns the fault of `replyTo`. A reply is a Signal with the rights of this system, so it goes
 * only to workflows that the operator of the server allows, and a limited key may not ask for one.
 */
function replyFlaw({ replyTo }: Request, { isLimited, parts }: May): Problem | undefined {
  if (!replyTo) return undefined;
  if (isLimited) {
    return invalidInput(
      'replyTo should be absent for a key that is limited to some accounts',
      'replyTo',
    );
  }
  const flaw = prefixFlaw(replyTo, parts.replyPrefix ?? null);
  return flaw && invalidInput(flaw.message, flaw.field);
}

function errorOf(raw: unknown, type: FailureType, text: string): Decisions[number] {
  const named =
    typeof raw === 'object' && raw !== null && 'reservationId' in raw ? raw.reservationId : null;
  const reservationId = typeof named === 'string' ? named.slice(0, 128) : null;
  return { granted: false, reservationId, error: { type, message: text } };
}
