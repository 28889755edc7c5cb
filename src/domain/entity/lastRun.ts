/**
 * What the history of an account's last workflow adds to its rows (R13). A terminated workflow may
 * have answered messages whose rows were never saved, and Temporal keeps these messages. A slot's
 * state only rises (R5), so a message that the rows already contain changes nothing.
 */
import { findSlot, type Account } from '../account/account.js';
import { pass, record, entityWith, type Entity } from './entity.js';
import { assertNever } from '../primitives/assert.js';
import { handedOver } from './handedOver.js';
import { deliver, deliverWithoutChat } from '../commands/deliver.js';
import type { Event } from '../account/events.js';
import { fail } from '../commands/fail.js';
import { barrierAt } from '../gate/gate.js';
import { isShadow } from '../account/policy.js';
import { observe } from '../commands/observe.js';
import { configure, connect, disconnect, hold, resume } from '../commands/administer.js';
import type { Reserve } from '../account/slot.js';
import { dayOf } from '../primitives/time.js';
import { isRefusal, type Command, type Decided } from '../account/refusals.js';
import { observeCredits } from '../commands/credits.js';
import { settleByOperator } from '../commands/settle.js';
import { findAsk } from '../gate/line.js';
import { waitingAsk } from '../commands/line.js';
import { withdraw } from '../commands/turns.js';
import { reserved, type Context } from './lastGrants.js';
import { isOrder, type Ordered, type RunMessage } from './lastRunMessages.js';

/** The account, read from its rows and the history of its last workflow. */
export type Recovered = {
  readonly entity: Entity;
  /** How many messages added something to the rows. */
  readonly outcomes: number;
  readonly grants: number;
  readonly orders: number;
};
export const nothingRecovered = (entity: Entity): Recovered => ({
  entity,
  outcomes: 0,
  grants: 0,
  orders: 0,
});

/**
 * Applies one message of the last workflow. `recount`: the part of a day's stored counter without
 * known slots; it shrinks as slots become known, before a midnight closes the day.
 */
export function recover(
  before: Recovered,
  message: RunMessage,
  recount: (account: Account) => Account,
): Recovered {
  const { account } = before.entity;
  const isLaterDay = dayOf(message.at) > account.day;
  const entity = isLaterDay
    ? entityWith(before.entity, { account: recount(account) })
    : before.entity;
  const passed = pass(entity, message.at);
  const events = eventsOf(passed.account, message);
  if (events.length === 0) return { ...before, entity: passed };
  return { ...before, entity: record(passed, events), ...countOf(before, message) };
}

function countOf(before: Recovered, message: RunMessage): Partial<Recovered> {
  if (message.name === 'reserve') return { grants: before.grants + 1 };
  return isOrder(message) ? { orders: before.orders + 1 } : { outcomes: before.outcomes + 1 };
}

const eventsOf = (account: Account, message: RunMessage): readonly Event[] =>
  isOrder(message) ? order(account, message) : report(account, message);

function report(account: Account, message: Exclude<RunMessage, Ordered>): readonly Event[] {
  switch (message.name) {
    case 'reserve':
      return reserved(account, message.input, message);
    case 'wait':
      return waited(account, message.input, message);
    case 'withdraw':
      return message.isInRow ? [] : done(withdraw(account, { reservationId: message.input }));
    case 'carried':
      return handedOver(account, message.input, message);
    case 'deliver':
      return outcome(account, deliver, message.input, message);
    case 'deliverWithoutChat':
      return outcome(account, deliverWithoutChat, message.input, message);
    case 'fail':
      return outcome(account, fail, message.input, message);
    case 'observe':
      return outcome(account, observe, message.input, message);
    case 'settle':
      return outcome(account, settleByOperator, message.input, message);
    default:
      return assertNever(message);
  }
}

/** Repeats a report at its own time, so that leases are decided as then. */
function outcome<I, A>(
  account: Account,
  command: Command<I, A>,
  input: I,
  { at, isInRow }: Context,
): readonly Event[] {
  const { events } = command(account, input, at);
  // A stop in the row may have ended since, such as a hold by `resume`.
  return isInRow ? events.filter(({ type }) => GROWTH.includes(type)) : events;
}
/** Facts that may be applied again without harm, whatever came after them. */
const GROWTH: readonly Event['type'][] = [
  'SlotReserved',
  'SlotDelivered',
  'SlotReleased',
  'SlotMadeUncertain',
  'ProofCompleted',
  'ExternalCounted',
  'ExternalClaimed',
  'EffectApplied',
];

/**
 * Puts an ask that waited into the line again. Its decision was not saved, so no caller knows it. A
 * Signal may have taken a slot at once, and its workflow may know this: then the slot stays spent.
 */
function waited(
  account: Account,
  ask: Reserve,
  { at, isInRow, isSure }: Context & { readonly isSure: boolean },
): readonly Event[] {
  const { reservationId } = ask;
  if (isInRow || findSlot(account, reservationId) || findAsk(account, reservationId)) return [];
  const barrier = barrierAt(account, at, { free: ask.free });
  const isGranted = !barrier || isShadow(account.policy);
  if (!isSure && isGranted) return reserved(account, ask, { at, isInRow, promised: null });
  const asked = waitingAsk(ask, barrier?.reason ?? 'unverified', at);
  return asked.validUntil > at ? [{ type: 'AskQueued', ask: asked }] : [];
}

/** Applies an order that was answered and is not in the row. */
function order(account: Account, message: RunMessage & Ordered): readonly Event[] {
  const { at } = message;
  if (message.isInRow) return [];
  switch (message.name) {
    case 'configure':
      return done(configure(account, message.input, at));
    case 'connect': // the new start decides if the account is connected
      return done(connect(account, message.input, at)).filter(({ type }) => type !== 'Connected');
    case 'credits':
      return done(observeCredits(account, message.input, at));
    case 'reply':
      return [{ type: 'ReplyRecorded', reply: message.input }];
    case 'hold':
      return done(hold(account, message.input, at));
    case 'resume': // a hold that is newer than this order stays
      return account.hold && account.hold.since > at
        ? []
        : done(resume(account, message.input, at));
    case 'disconnect':
      return done(disconnect(account, message.input));
    default:
      return assertNever(message);
  }
}

const done = ({ events, answer }: Decided<unknown>): readonly Event[] =>
  isRefusal(answer) ? [] : events;
