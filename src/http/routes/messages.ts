/** Every message that changes an account, by its name in the contract (2). */
import { actorOf } from '../access/actor.js';
import { invalidInput } from '../plumbing/problems.js';
import * as answers from '../schemas/answers.js';
import * as bodies from '../schemas/messages.js';
import { message } from './message.js';
import { reserve, reserveBatch } from './reserve.js';

const connect = message({
  name: 'connect',
  needs: 'operate',
  summary: 'Connect an account, or take a disconnecting one back, and set its policy',
  description: 'What is absent keeps what is stored; null is the default.',
  body: bodies.connect,
  answer: answers.stateAnswer,
  say: async ({ parts, caller, accountId, body }) => {
    if ((body.accountId ?? accountId) !== accountId) {
      throw invalidInput('accountId should be that of the path, or absent', 'accountId');
    }
    return parts.client.connect({ ...body, accountId, actor: actorOf(caller, body.actor) });
  },
});

const sendDelivered = message({
  name: 'sendDelivered',
  needs: 'send',
  summary: 'Report a delivery, with the chat as its proof',
  body: bodies.sendDelivered,
  answer: answers.delivered,
  say: ({ parts, accountId, body: { chatId, ...report } }) =>
    parts.client.delivered(accountId, { ...report, chatId: chatId ?? '' }),
});

const sendFailed = message({
  name: 'sendFailed',
  needs: 'send',
  summary: 'Report that an InMail did not go out, or that nobody knows',
  body: bodies.sendFailed,
  answer: answers.failed,
  say: ({ parts, accountId, body }) => parts.client.failed(accountId, body),
});

const sendObserved = message({
  name: 'sendObserved',
  needs: 'send',
  summary: 'Report an InMail that was seen in the outbox',
  body: bodies.sendObserved,
  answer: answers.observed,
  say: ({ parts, accountId, body }) => parts.client.observed(accountId, body),
});

const configure = message({
  name: 'configure',
  needs: 'operate',
  summary: 'Change the policy',
  description: 'What is absent stays; null is the default. A cap is never above the safe band.',
  body: bodies.configure,
  answer: answers.policy,
  say: async ({ parts, caller, accountId, body }) => {
    const actor = actorOf(caller, body.actor);
    const policy = await parts.client.configure(accountId, { ...body, actor });
    const { ramp, sendingWindow } = policy;
    return {
      ...policy,
      ramp: ramp && { dailyCaps: [...ramp.dailyCaps] },
      sendingWindow: sendingWindow && { ...sendingWindow, days: [...sendingWindow.days] },
    };
  },
});

const order = (name: 'hold' | 'resume', summary: string) =>
  message({
    name,
    needs: 'operate',
    summary,
    body: bodies.order,
    answer: answers.stateAnswer,
    say: ({ parts, caller, accountId, body: { reason, actor } }) =>
      parts.client[name](accountId, { reason, actor: actorOf(caller, actor) }),
  });
const hold = order('hold', 'Stop the account until somebody resumes it');
const resume = order('resume', 'End hold and breaker, and the cooldown of an unclean end');

const settleByOperator = message({
  name: 'settleByOperator',
  needs: 'operate',
  summary: 'Say what became of a slot that nobody knows of',
  body: bodies.settleByOperator,
  answer: answers.settled,
  say: ({ parts, caller, accountId, body }) =>
    parts.client.settle(accountId, { ...body, actor: actorOf(caller, body.actor) }),
});

const reconcileNow = message({
  name: 'reconcileNow',
  needs: 'operate',
  summary: 'Reconcile now, and hear what was found',
  body: bodies.nothing,
  answer: answers.findings,
  say: ({ parts, accountId }) => parts.client.reconcileNow(accountId),
});

const disconnect = message({
  name: 'disconnect',
  needs: 'operate',
  summary: 'Deny from now on, and end once nothing is in flight',
  body: bodies.order,
  answer: answers.disconnected,
  say: ({ parts, caller, accountId, body: { reason, actor } }) =>
    parts.client.disconnect(accountId, { reason, actor: actorOf(caller, actor) }),
});

/** In the order of the contract. */
export const messageRoutes = [
  connect,
  reserve,
  reserveBatch,
  sendDelivered,
  sendFailed,
  sendObserved,
  configure,
  hold,
  resume,
  settleByOperator,
  reconcileNow,
  disconnect,
];
