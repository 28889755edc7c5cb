/**
 * The account's messages: each as a Signal and as an Update, with one handler. A handler decides,
 * evolves and answers in one step; no rule of the business is in this file.
 */
import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  setDefaultSignalHandler,
  setHandler,
} from '@temporalio/workflow';
import { findSlot } from '../domain/account.js';
import { pass } from '../domain/actor.js';
import { deliver } from '../domain/deliver.js';
import { deliverWithoutChat, fail, settleByOperator } from '../domain/fail.js';
import { alert, isRefusal, type Refusal } from '../domain/events.js';
import type { Flaw, Parsed } from '../domain/fields.js';
import { wantsCheck } from '../domain/gate.js';
import { VERIFY_RETRY_MS } from '../domain/limits.js';
import { parseReserve, type ReserveAsk } from '../domain/messages.js';
import { observe } from '../domain/observe.js';
import type { ReplyTo } from '../domain/replyTo.js';
import { reserve } from '../domain/reserve.js';
import { configure, connect, disconnect, hold, resume } from '../domain/settings.js';
import { isoInstant } from '../domain/time.js';
import { decisionWire, policyWire, type DecisionWire } from '../domain/wire.js';
import {
  failureOf,
  messages,
  RESET_SIGNAL,
  type BatchAnswer,
  type Findings,
  type ItemError,
  type Message,
} from '../protocol.js';
import { reconcile } from './chores.js';
import { countDecision } from './counting.js';
import { answerQueries } from './reading.js';
import { check } from './world.js';
import type { Self } from './self.js';

/** How long an Update waits for the account to be read back (contract, 2: `Unavailable`). */
const READ_BACK_WAIT_MS = 10_000;
/** How long `reconcileNow` waits for its run. */
const RECONCILE_WAIT_MS = 10_000;

type Handle<I, O> = (input: I) => O | Refusal | Promise<O | Refusal>;

/** Registers everything, before anything is awaited. */
export function listen(self: Self): void {
  // First: what waits is dispatched as its handler comes, and a reset is told before all else.
  setHandler(defineSignal(RESET_SIGNAL), () => self.reset());
  acceptReserves(self);
  accept(self, messages.sendDelivered, ({ chatId, ...report }) => {
    if (chatId !== null) return self.tell(deliver, { ...report, chatId });
    self.tell(deliverWithoutChat, report.reservationId);
    return MISSING_CHAT;
  });
  accept(self, messages.sendFailed, (report) => self.tell(fail, report));
  accept(self, messages.sendObserved, (seen) => self.tell(observe, seen));
  accept(self, messages.settleByOperator, (order) => self.tell(settleByOperator, order));
  accept(self, messages.configure, (change) => {
    const policy = self.tell(configure, change);
    return isRefusal(policy) ? policy : policyWire(policy);
  });
  accept(self, messages.connect, (start) => self.tell(connect, start));
  accept(self, messages.hold, (order) => self.tell(hold, order));
  accept(self, messages.resume, (order) => self.tell(resume, order));
  accept(self, messages.disconnect, (order) => self.tell(disconnect, order));
  accept(self, messages.reconcileNow, () => reconciledNow(self));
  answerQueries(self);
  setDefaultSignalHandler((name) => {
    self.signals += 1;
    if (self.actor) complainOfName(self, name);
    else self.waiting.push({ name, raw: null });
  });
}

/** Said by a Signal only: an Update without a chat is refused before it gets here (R4). */
const MISSING_CHAT: Refusal = { refused: 'ChatIdMissing', message: 'chatId is missing' };

/**
 * One message as Update and as Signal. A bad Update is refused; a bad Signal is counted (R18). Few
 * closures: each of thousands of cached accounts has its own.
 */
function accept<I, O>(
  self: Self,
  message: Message<I, O>,
  handle: Handle<I, O>,
  isAnsweredUnread = false,
): void {
  setHandler(
    message.update,
    (raw) => {
      const input = valueOf(message.parse(raw, 'accepted', self.now()));
      if (isAnsweredUnread || self.actor) return answerTo(handle(input));
      return opened(self).then(() => answerTo(handle(input)));
    },
    { validator: (raw) => void valueOf(message.parse(raw, 'strict', self.now())) },
  );
  const take = (raw: unknown): Promise<void> => taken(self, message, handle, raw);
  self.takes.set(message.name, take);
  setHandler(message.signal, async (raw) => {
    self.signals += 1;
    const isNow = self.actor !== null || isAnsweredUnread;
    if (isNow && (self.actor || message.parse(raw, 'strict', self.now()).ok)) await take(raw);
    else self.waiting.push({ name: message.name, raw });
  });
}

/** A Signal: what is wrong with it becomes an alert. */
async function taken<I, O>(
  self: Self,
  message: Message<I, O>,
  handle: Handle<I, O>,
  raw: unknown,
): Promise<void> {
  const parsed = message.parse(raw, 'lenient', self.now());
  if (!parsed.ok) return complain(self, message.name, parsed.message);
  for (const flaw of parsed.dropped) complain(self, message.name, `dropped: ${flaw}`);
  const answered = await handle(parsed.value);
  if (isRefusal(answered)) refused(self, message.name, answered);
}

const answerTo = <O>(answer: O | Refusal | Promise<O | Refusal>): O | Promise<O> =>
  answer instanceof Promise ? answer.then(answerOf) : answerOf(answer);

/** Takes the Signals that waited for the account to be read back, in the order they came (R13). */
export function takeWaiting(self: Self): void {
  const waiting = self.waiting.splice(0);
  // In order, and none waits for another's end: one may wait for a run of the loop that waits here.
  for (const { name, raw } of waiting) {
    const take = self.takes.get(name);
    if (take) void take(raw);
    else complainOfName(self, name);
  }
}

async function opened(self: Self): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    condition(() => self.actor !== null, READ_BACK_WAIT_MS),
  );
  self.read();
}

const valueOf = <T>(parsed: Parsed<T>): T => {
  if (parsed.ok) return parsed.value;
  throw failureOf(parsed);
};

const answerOf = <O>(answer: O | Refusal): O => {
  if (isRefusal(answer)) throw failureOf(answer);
  return answer;
};

const complainOfName = (self: Self, name: string): void =>
  complain(self, name, `no message has the name ${JSON.stringify(name.slice(0, 100))}`);

/** A Signal has no caller to hear of it: a person may (contract, 2). */
function complain(self: Self, message: string, why: string): void {
  raise(self, 'bad_signal', message, why);
}

function refused(self: Self, message: string, { refused: type, message: why }: Refusal): void {
  if (type === 'ChatIdMissing' || type === 'ReservationUnknown') return; // they have their alert
  if (type === 'Unavailable') return; // the run is tried again by itself
  if (type === 'ChatIdTaken') raise(self, 'chat_id_taken', message, why);
  else raise(self, 'bad_signal', message, `${type}: ${why}`);
}

function raise(
  self: Self,
  kind: 'bad_signal' | 'chat_id_taken' | 'reply_failed',
  message: string,
  why: string,
): void {
  const details = { signal: message.slice(0, 200), message: why.slice(0, 500) };
  self.tell(() => ({ events: [alert(kind, 'warning', details)], answer: null }), null);
}

/** Waits for a run of the loop that begins after this; its rows are saved when it answers (R8). */
async function reconciledNow(self: Self): Promise<Findings | Refusal> {
  const mine = (self.runsAsked += 1);
  await CancellationScope.nonCancellable(() =>
    condition(() => self.runsDone >= mine || self.isEnding, RECONCILE_WAIT_MS),
  );
  if (self.runsDone >= mine && self.found) return self.found;
  const message = 'no run has succeeded in time; nothing was changed, and it is tried again';
  return { refused: 'Unavailable', message };
}

/** Asks are answered at once, also before the account is read back: `unverified` (R13). */
function acceptReserves(self: Self): void {
  accept(self, messages.sendReserve, (ask) => decide(self, ask), true);
  accept(
    self,
    messages.sendReserveBatch,
    async (requests): Promise<BatchAnswer> => {
      if (isCold(self)) await checked(self);
      const items = requests.map((raw) => decideItem(self, raw));
      await Promise.all(items.flatMap(({ reply }) => (reply ? [reply] : [])));
      return { decisions: items.map(({ decision }) => decision) };
    },
    true,
  );
}

/** Decides at once; what awaits is only the reply to a workflow that asked for one. */
function decide(
  self: Self,
  ask: ReserveAsk,
): Refusal | DecisionWire | Promise<Refusal | DecisionWire> {
  if (isCold(self, ask)) return checked(self).then(() => decided(self, ask));
  return decided(self, ask);
}

/** The age of the last run stands in the way, and the ask is a new one (R12). */
function isCold(self: Self, ask?: ReserveAsk): boolean {
  if (!self.actor || self.isClosed) return false;
  const { account } = pass(self.actor, self.now());
  if (ask && findSlot(account, ask.reservationId)) return false;
  return wantsCheck(account, account.now);
}

/**
 * Asks the database before a cold account is asked; who comes meanwhile joins, also a run of the
 * loop, unless that waits for a database that is away (R12).
 */
function checked(self: Self): Promise<unknown> {
  if (self.running && !self.checking) return self.isSlow ? Promise.resolve() : self.running;
  self.checking ??= CancellationScope.nonCancellable(() => reconcile(self, check)).finally(() => {
    self.checking = null;
  });
  return self.checking;
}

function decided(self: Self, ask: ReserveAsk): Refusal | DecisionWire | Promise<DecisionWire> {
  const decision = decisionOn(self, ask);
  return ask.replyTo && !isRefusal(decision) ? replied(self, ask.replyTo, decision) : decision;
}

function decisionOn(self: Self, ask: ReserveAsk): Refusal | DecisionWire {
  const decision = toldOf(self, ask);
  countDecision(decision);
  return decision;
}

function toldOf(self: Self, ask: ReserveAsk): Refusal | DecisionWire {
  if (self.isClosed) {
    const retryAt = isoInstant(self.now() + VERIFY_RETRY_MS);
    const { reservationId } = ask;
    return { granted: false, reservationId, reason: 'unverified', retryAt };
  }
  const decision = self.tell(reserve, ask);
  return isRefusal(decision) ? decision : decisionWire(decision);
}

type DecidedItem = {
  readonly decision: DecisionWire | ItemError;
  readonly reply?: Promise<unknown> | undefined;
};

/** An item of a batch, as if it came alone; a bad one leaves the others alone. */
function decideItem(self: Self, raw: unknown): DecidedItem {
  const parsed = parseReserve(raw, 'strict', self.now());
  if (!parsed.ok) return { decision: itemError(idIn(raw), parsed) };
  const decision = decisionOn(self, parsed.value);
  if (isRefusal(decision)) return { decision: itemError(parsed.value.reservationId, decision) };
  const { replyTo } = parsed.value;
  return replyTo ? { decision, reply: replied(self, replyTo, decision) } : { decision };
}

const itemError = (reservationId: string | null, flaw: Flaw): ItemError => ({
  granted: false,
  reservationId,
  error: { type: flaw.refused, message: flaw.message },
});

const idIn = (raw: unknown): string | null =>
  typeof raw === 'object' &&
  raw !== null &&
  'reservationId' in raw &&
  typeof raw.reservationId === 'string'
    ? raw.reservationId.slice(0, 128)
    : null;

/** Awaited in the handler: a signal that is sent in a run's last task would be lost. */
async function replied(self: Self, to: ReplyTo, answer: DecisionWire): Promise<DecisionWire> {
  try {
    await CancellationScope.nonCancellable(() =>
      getExternalWorkflowHandle(to.workflowId).signal(to.signalName, answer),
    );
  } catch (error) {
    raise(self, 'reply_failed', to.workflowId, `${to.signalName}: ${String(error)}`);
  }
  return answer;
}
