/** The routes of all messages that change an account, with their names in the contract (2). */
import { keepOutcome } from '../attempts/attempts.js';
import { actorOf } from '../access/actor.js';
import { checkConnect, checkGroup, refreshRights } from '../access/groups.js';
import { filledStart } from '../../postgres/groups/defaults.js';
import { invalidInput } from '../plumbing/problems.js';
import * as answers from '../schemas/answers.js';
import * as decisions from '../schemas/decisions.js';
import * as bodies from '../schemas/messages.js';
import * as credits from '../schemas/credits.js';
import { message } from './message.js';
import { reserve, reserveBatch } from './reserve.js';

const connect = message({
  name: 'connect',
  needs: 'operate',
  summary: 'Connect an account, or take a disconnecting account back, and set its policy',
  description: 'An absent field keeps the stored value; null sets the default.',
  body: bodies.connect,
  mayBeNew: true,
  answer: answers.stateAnswer,
  send: async ({ parts, request, caller, accountId, body }) => {
    if ((body.accountId ?? accountId) !== accountId) {
      throw invalidInput('accountId should be the id in the path, or absent', 'accountId');
    }
    await checkConnect(parts.pool, caller, { accountId, group: body.group });
    const start = { ...body, accountId, actor: actorOf(caller, body.actor) };
    const done = await parts.client.connect(await filledStart(parts.pool, start));
    refreshRights(parts, request);
    return done;
  },
});

const sendWithdraw = message({
  name: 'sendWithdraw',
  needs: 'send',
  summary: 'Take an ask that waits out of the line',
  body: bodies.sendWithdraw,
  answer: decisions.withdrawn,
  send: ({ parts, accountId, body }) => parts.client.withdraw(accountId, body.reservationId),
});

const sendDelivered = message({
  name: 'sendDelivered',
  needs: 'send',
  summary: 'Report a delivery, with the chat as its proof',
  body: bodies.sendDelivered,
  answer: answers.delivered,
  send: async ({ parts, accountId, body }) => {
    const report = { ...body, chatId: body.chatId ?? '' };
    await keepOutcome(parts, accountId, report);
    return parts.client.delivered(accountId, report);
  },
});

const sendFailed = message({
  name: 'sendFailed',
  needs: 'send',
  summary: 'Report that an InMail was not sent, or that the result is unknown',
  body: bodies.sendFailed,
  answer: answers.failed,
  send: async ({ parts, accountId, body }) => {
    await keepOutcome(parts, accountId, body);
    return parts.client.failed(accountId, body);
  },
});

const sendObserved = message({
  name: 'sendObserved',
  needs: 'send',
  summary: "Report an InMail in the account's outbox",
  body: bodies.sendObserved,
  answer: answers.observed,
  send: ({ parts, accountId, body }) => parts.client.observed(accountId, body),
});

const creditsObserved = message({
  name: 'creditsObserved',
  path: 'credits',
  needs: 'send',
  summary: 'Report the balance of InMail credits that LinkedIn showed',
  description: 'An observation that is older than the known one, or than 48 hours, is ignored.',
  body: credits.creditsObserved,
  answer: credits.creditsAnswer,
  send: ({ parts, accountId, body }) => parts.client.credits(accountId, body),
});

const replyObserved = message({
  name: 'replyObserved',
  path: 'replies',
  needs: 'send',
  summary: 'Report the reply of a recipient, which may give a credit back',
  description: 'Only the first reply in a chat counts. A chat without an InMail is `ChatUnknown`.',
  body: credits.replyObserved,
  answer: credits.replyAnswer,
  send: ({ parts, accountId, body }) => parts.client.replied(accountId, body),
});

const configure = message({
  name: 'configure',
  needs: 'operate',
  summary: 'Change the policy',
  description:
    'An absent field stays the same; null sets the default. No cap can be above the safe band.',
  body: bodies.configure,
  answer: answers.policy,
  send: async ({ parts, caller, accountId, body }) => {
    const actor = actorOf(caller, body.actor);
    await checkGroup(parts.pool, caller, { accountId, group: body.group });
    const policy = await parts.client.configure(accountId, { ...body, actor });
    const { ramp, sendingWindow, campaigns } = policy;
    return {
      ...policy,
      ramp: ramp && { dailyCaps: [...ramp.dailyCaps] },
      sendingWindow: sendingWindow && { ...sendingWindow, days: [...sendingWindow.days] },
      campaigns: campaigns && [...campaigns],
    };
  },
});

const hold = message({
  name: 'hold',
  needs: 'operate',
  summary: 'Stop the account until a person resumes it',
  body: bodies.order,
  answer: answers.holdAnswer,
  send: ({ parts, caller, accountId, body: { reason, actor } }) =>
    parts.client.hold(accountId, { reason, actor: actorOf(caller, actor) }),
});
const resume = message({
  name: 'resume',
  needs: 'operate',
  summary: 'End a hold, the breaker, and the cooldown after an unclean end',
  body: bodies.resume,
  answer: answers.resumeAnswer,
  send: ({ parts, caller, accountId, body: { reason, actor, heldFor, cooldown } }) =>
    parts.client.resume(accountId, {
      reason,
      actor: actorOf(caller, actor),
      ...(heldFor ? { heldFor } : {}),
      ...(cooldown ? { cooldown } : {}),
    }),
});

const settleByOperator = message({
  name: 'settleByOperator',
  needs: 'operate',
  summary: 'Settle a slot whose result only a person can find out',
  body: bodies.settleByOperator,
  answer: answers.settled,
  send: ({ parts, caller, accountId, body }) =>
    parts.client.settle(accountId, { ...body, actor: actorOf(caller, body.actor) }),
});

const reconcileNow = message({
  name: 'reconcileNow',
  needs: 'operate',
  summary: 'Reconcile now, and return the result',
  body: bodies.nothing,
  answer: answers.findings,
  send: ({ parts, accountId }) => parts.client.reconcileNow(accountId),
});

const disconnect = message({
  name: 'disconnect',
  needs: 'operate',
  summary: 'Deny every reserve from now on, and end when nothing is in flight',
  body: bodies.order,
  answer: answers.disconnected,
  send: ({ parts, caller, accountId, body: { reason, actor } }) =>
    parts.client.disconnect(accountId, { reason, actor: actorOf(caller, actor) }),
});

/** In the order of the contract. */
export const messageRoutes = [
  connect,
  reserve,
  reserveBatch,
  sendWithdraw,
  sendDelivered,
  sendFailed,
  sendObserved,
  creditsObserved,
  replyObserved,
  configure,
  hold,
  resume,
  settleByOperator,
  reconcileNow,
  disconnect,
];
