/**
 * The account's messages: each is a Signal and an Update, and is taken from one inbox in the order
 * in which it came. Only the loop takes messages (inmailAccount.ts): it decides, evolves and
 * answers each in one step. This file contains no business rule.
 */
import { TemporalFailure } from '@temporalio/common';
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';
import { deliver, deliverWithoutChat } from '../../domain/commands/deliver.js';
import { observeCredits } from '../../domain/commands/credits.js';
import { fail } from '../../domain/commands/fail.js';
import type { Parsed } from '../../domain/wire/objectReader.js';
import { MESSAGES_PER_TASK, REPLIES_AT_ONCE } from '../../domain/primitives/limits.js';
import { loggedIn } from '../../domain/entity/lookup.js';
import { observe } from '../../domain/commands/observe.js';
import { configure, connect, disconnect, hold, resume } from '../../domain/commands/administer.js';
import { policyWire } from '../../domain/commands/policyAnswer.js';
import { failureOf, messages, RESET_SIGNAL, type Message } from '../../temporal/protocol.js';
import { complain, raise } from '../alerts.js';
import { decided, decidedAll, hasFreeItem, isCold } from './asks.js';
import { gather, isFull, isToRefuse, isToTake } from './inbox.js';
import { lookUp, withPast } from './lookups.js';
import { reconciledNow, whenOrLate } from './patience.js';
import { answerQueries } from './queryHandlers.js';
import { sendReplies } from './replies.js';
import { isOfLaterRun, replied } from './replyLookups.js';
import { settleRings, whenRung } from './rings.js';
import type { AccountRun } from '../accountRun.js';
import { isRefusal, type Refusal } from '../../domain/account/refusals.js';
import { withdraw as withdrawAsk } from '../../domain/commands/turns.js';
import { answerLine, serveLine } from './line.js';
import { settleByOperator } from '../../domain/commands/settle.js';
import type { Entry, Weight } from '../inHand.js';

type Inlet = {
  /** True if the message is answered before the account is read back: `unverified` (R13). */
  readonly isAsk: boolean;
  readonly takeSignal: (self: AccountRun, raw: unknown, number: number) => Weight;
  /** Registers the handler of the message's Update. */
  readonly register: (self: AccountRun) => void;
};
/** The additional properties of an ask: whether it waits for a check, and its number of asks. */
type Asking<I> = {
  readonly isCold: (self: AccountRun, input: I) => boolean;
  readonly weight: (input: I) => Weight;
};
type Handle<I, O> = (self: AccountRun, input: I) => O | Refusal | Promise<O | Refusal>;

function inlet<I, O>(message: Message<I, O>, handle: Handle<I, O>, asking?: Asking<I>): Inlet {
  const { name, parse, update } = message;
  const isAsk = asking !== undefined;
  const isToWait = (self: AccountRun, input: I, number: number): boolean =>
    asking !== undefined && self.mayCheckFor(number) && asking.isCold(self, input);
  const weightOf = (input: I): Weight => asking?.weight(input) ?? 1;
  const takeSignal = (self: AccountRun, raw: unknown, number: number): Weight => {
    const parsed = parse(raw, 'lenient', self.now());
    if (!parsed.ok) {
      complain(self, name, parsed.message);
      return 1;
    }
    if (isToWait(self, parsed.value, number)) return 0;
    for (const flaw of parsed.dropped) complain(self, name, `dropped: ${flaw}`);
    const answer = handle(self, parsed.value);
    if (answer instanceof Promise) void answer.then((late) => reportRefusal(self, name, late));
    else reportRefusal(self, name, answer);
    return weightOf(parsed.value);
  };
  const takeUpdate = (
    self: AccountRun,
    raw: unknown,
    number: number,
    caller: Caller<O>,
  ): Weight => {
    const input = valueOf(parse(raw, 'accepted', self.now()));
    if (isToWait(self, input, number)) return 0;
    const answer = handle(self, input);
    caller.answer(answer instanceof Promise ? answer.then(answerOf) : answerOf(answer));
    return weightOf(input);
  };
  const register = (self: AccountRun): void =>
    setHandler(update, (raw) => received(self, { name, isAsk, raw }, takeUpdate), {
      validator: (raw) => void valueOf(parse(raw, 'strict', self.now())),
    });
  return { isAsk, takeSignal, register };
}

/** Applies to Signals only: the validator refuses an Update without a chat (R4). */
const MISSING_CHAT: Refusal = { refused: 'ChatIdMissing', message: 'chatId is missing' };

const INLETS: ReadonlyMap<string, Inlet> = new Map(
  Object.entries({
    sendReserve: inlet(messages.sendReserve, decided, { isCold, weight: () => 1 }),
    sendReserveBatch: inlet(messages.sendReserveBatch, decidedAll, {
      isCold: (self, { requests }) => isCold(self, undefined, hasFreeItem(requests)),
      weight: ({ requests }) => requests.length,
    }),
    sendWithdraw: inlet(messages.sendWithdraw, (self, order) => self.execute(withdrawAsk, order)),
    sendDelivered: inlet(messages.sendDelivered, (self, { chatId, ...report }) => {
      if (chatId !== null) {
        const proof = { chatId, messageId: report.messageId ?? null };
        return self.execute(deliver, { ...report, chatId, logged: loggedIn(self.read(), proof) });
      }
      self.execute(deliverWithoutChat, report.reservationId);
      return MISSING_CHAT;
    }),
    sendFailed: inlet(messages.sendFailed, (self, report) => self.execute(fail, report)),
    sendObserved: inlet(messages.sendObserved, (self, seen) =>
      self.execute(observe, { ...seen, logged: loggedIn(self.read(), seen) }),
    ),
    creditsObserved: inlet(messages.creditsObserved, (self, seen) =>
      self.execute(observeCredits, seen),
    ),
    replyObserved: inlet(messages.replyObserved, replied),
    settleByOperator: inlet(messages.settleByOperator, (self, order) =>
      self.execute(settleByOperator, order),
    ),
    configure: inlet(messages.configure, (self, change) => {
      const policy = self.execute(configure, change);
      return isRefusal(policy) ? policy : policyWire(policy);
    }),
    connect: inlet(messages.connect, (self, start) => self.execute(connect, start)),
    hold: inlet(messages.hold, (self, order) => self.execute(hold, order)),
    resume: inlet(messages.resume, (self, order) => self.execute(resume, order)),
    disconnect: inlet(messages.disconnect, (self, order) => self.execute(disconnect, order)),
    reconcileNow: inlet(messages.reconcileNow, reconciledNow),
  }),
);

/** Registers all handlers before the first message comes (interceptors.ts). */
export function listen(self: AccountRun): void {
  // A reset does not use the inbox: it takes effect before all messages that wait (R14).
  setHandler(defineSignal(RESET_SIGNAL), () => self.reset());
  for (const one of INLETS.values()) one.register(self);
  answerQueries(self);
}

type Caller<O> = { readonly answer: (answer: O | Promise<O>) => void };
type Update = { readonly name: string; readonly isAsk: boolean; readonly raw: unknown };
type TakeUpdate<O> = (self: AccountRun, raw: unknown, number: number, caller: Caller<O>) => Weight;

/** Puts an Update at the end of the inbox, and returns its answer when the loop has taken it. */
async function received<O>(
  self: AccountRun,
  update: Update,
  takeUpdate: TakeUpdate<O>,
): Promise<O> {
  const { name, isAsk, raw } = update;
  gather(self);
  self.unanswered += 1;
  const settled = (): void => void (self.unanswered -= 1);
  let withdraw = (): void => undefined;
  const answer = new Promise<O>((resolve, reject) => {
    const caller = {
      answer: (given: O | Promise<O>): void => {
        resolve(given);
        if (given instanceof Promise) given.then(settled, settled);
        else settled();
      },
    };
    const refuse = (error: unknown): Weight => {
      if (!(error instanceof TemporalFailure)) throw error; // a bug: the task fails, and is retried
      reject(error);
      settled();
      return 1;
    };
    const entry = self.put({
      name,
      isAsk,
      read: () => raw,
      update: {
        take: (number) => {
          try {
            return takeUpdate(self, raw, number, caller);
          } catch (error) {
            return refuse(error);
          }
        },
        refuse,
      },
    });
    withdraw = () => self.withdraw(entry);
  });
  if (self.entity || isAsk) return answer;
  answer.catch(() => undefined); // it is awaited below, after the account is read back
  await whenOrLate(self, () => self.entity !== null || self.refusal !== null);
  if (!self.entity) {
    withdraw();
    settled();
    self.read();
  }
  return answer;
}

/** Takes messages in their order, up to the limit of one task; the next task takes the rest. */
export function take(self: AccountRun): void {
  if (self.holdsMessages) return;
  settleRings(self);
  gather(self);
  sendReplies(self);
  self.more.reset();
  self.isCheckWanted = false;
  if (self.more.isArmed) return;
  const most = self.replies.length > 0 ? REPLIES_AT_ONCE : MESSAGES_PER_TASK;
  let taken = 0;
  let n = 0;
  for (; n < self.inbox.length && taken < most; n += 1) {
    const [entry] = self.inbox.slice(n, n + 1);
    if (!entry) break;
    if (!self.entity && !entry.isAsk) {
      self.waiting.push(entry);
      continue;
    }
    if (isFull(self, entry)) break;
    const weight = withPast(self, entry, takeOne);
    if (weight === 0) {
      self.isCheckWanted = true;
      break;
    }
    taken += weight;
  }
  self.inbox.splice(0, n);
  lookUp(self);
  if (self.inbox.length > 0 && !self.isCheckWanted && !isFull(self)) self.more.arm(1);
  serveLine(self);
  answerLine(self);
  if (isToRefuse(self)) refuseUpdates(self);
  if (self.isSlow) self.boundWaits();
}

/** Refuses all Updates that there is no room for. */
function refuseUpdates(self: AccountRun): void {
  for (const { update } of self.inbox) update?.refuse(failureOf(NO_ROOM));
  self.inbox = self.inbox.filter(({ update }) => update === null);
}

function takeOne(self: AccountRun, { name, number, read, update }: Entry): Weight {
  if (update) return update.take(number);
  const found = isOfLaterRun(name) ? undefined : INLETS.get(name);
  if (found) return found.takeSignal(self, read(), number);
  complain(self, name, `no message has the name ${nameIn(name)}`);
  return 1;
}

const NO_ROOM: Refusal = {
  refused: 'Unavailable',
  message:
    'the database does not answer, and the account has the maximum of unsaved changes; nothing' +
    ' was changed: send the message again when the database answers',
};

const nameIn = (name: string): string => JSON.stringify(name.slice(0, 100));

/** Waits until all given answers are on their way, so that no later work delays them. */
export async function whenAnswered(self: AccountRun): Promise<void> {
  const isAnswered = (): boolean => getActivator().inProgressUpdates.size <= self.unanswered;
  if (!isAnswered()) await condition(isAnswered);
}

/**
 * Takes messages while work with Postgres runs, and applies all of them before its result. While an
 * account opens, messages wait until its first reconcile, if the database answers soon.
 */
export async function whileRunning<T>(self: AccountRun, work: Promise<T>): Promise<T> {
  const state = { isDone: false };
  const watched = work.finally(() => (state.isDone = true));
  watched.catch(() => undefined); // it is awaited below
  self.isBusy = true;
  if (self.isSlow) take(self); // callers that waited for a check wait no longer
  while (!state.isDone) {
    await condition(() => state.isDone || isToTake(self));
    if (!state.isDone) await whenRung();
    take(self);
  }
  self.isBusy = false;
  return watched;
}

const valueOf = <T>(parsed: Parsed<T>): T => {
  if (parsed.ok) return parsed.value;
  throw failureOf(parsed);
};

const answerOf = <O>(answer: O | Refusal): O => {
  if (isRefusal(answer)) throw failureOf(answer);
  return answer;
};

/** Reports that a Signal was refused: it has no caller that would receive the refusal. */
function reportRefusal(self: AccountRun, name: string, answer: unknown): void {
  if (!isRefusal(answer)) return;
  const { refused: type, message: why } = answer;
  if (type === 'ChatIdMissing' || type === 'ReservationUnknown') return; // these have alerts
  // The reconcile is tried again automatically; most chats of an inbox are of no InMail (R24).
  if (type === 'ChatUnknown' || (type === 'Unavailable' && name === 'reconcileNow')) return;
  if (type === 'ChatIdTaken') raise(self, 'chat_id_taken', name, why);
  else complain(self, name, `${type}: ${why}`);
}
