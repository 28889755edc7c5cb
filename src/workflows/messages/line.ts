/**
 * The waiting line of the account (R21): the loop serves it when a turn comes, and answers the asks
 * whose decision is saved. One timer waits for the next turn.
 */
import { answerable, record } from '../../domain/entity/entity.js';
import type { Account } from '../../domain/account/account.js';
import { waitingOf } from '../../domain/gate/line.js';
import type { Foresee } from '../../domain/commands/line.js';
import { nextTurn, serve } from '../../domain/commands/turns.js';
import { SlotTimes } from '../../domain/days/slotTimes.js';
import { DAY_MS, startOf, type Instant } from '../../domain/primitives/time.js';
import { decidedWire } from '../../domain/wire/decisions.js';
import { countDecision } from '../metrics.js';
import { reply } from './replies.js';
import type { AccountRun } from '../accountRun.js';

/**
 * Decides all asks whose turn has come. While the database does not answer, no ask is served: a
 * decision is answered only after it is saved, and the lease of its slot would run meanwhile.
 */
export function serveLine(self: AccountRun): void {
  if (!self.entity || self.isClosed || self.isSlow) return;
  if (waitingOf(self.entity.account).length === 0) return;
  self.execute(serve, null);
}

/** Answers the asks whose decision is saved: a workflow by a Signal, all others by the row. */
export function answerLine(self: AccountRun): void {
  if (!self.entity || self.isClosed) return;
  for (const ask of answerable(self.entity)) {
    const { account } = self.read();
    const decision = decidedWire(account, ask, self.now());
    countDecision(decision, account.policy.group ?? null);
    if (ask.replyTo) reply(self, ask.replyTo, decision);
    const { reservationId } = ask;
    self.entity = record(self.read(), [{ type: 'AskAnswered', reservationId }]);
  }
}

/** True if an ask can be answered now. */
export const hasAnswer = (self: AccountRun): boolean =>
  self.entity !== null && !self.isClosed && answerable(self.entity).length > 0;

/**
 * Returns when the line has to be served next in this run; null: not before a message comes, or
 * after midnight, when the next run serves it. It is computed once for each state of the account.
 */
export function turnAt(self: AccountRun): Instant | null {
  const { account } = self.read();
  if (waitingOf(account).length === 0 || self.isSlow) return null;
  if (self.turnOf.account !== account) {
    self.turnOf = { account, at: nextTurn(account, account.now) };
  }
  const { at } = self.turnOf;
  return at !== null && at < startOf(account.day) + DAY_MS ? at : null;
}

/**
 * Returns when the n-th slot comes. A long line changes mostly at its end, so the slots that are
 * known are used again while nothing else changes.
 */
export const foreseeIn =
  (self: AccountRun): Foresee =>
  (account, at, n) => {
    const known = self.foreseen;
    const first = known?.times.nth(1) ?? null;
    if (known && isSame(known.account, account) && (first === null || first > at)) {
      return known.times.nth(n);
    }
    const times = new SlotTimes(account, at);
    self.foreseen = { account, times };
    return times.nth(n);
  };

const isSame = (one: Account, other: Account): boolean =>
  COMPARED.every((field) => one[field] === other[field]);
/** All that decides about later slots; the time and the line itself do not. */
const COMPARED = [
  'day',
  'policy',
  'openings',
  'rampDay',
  'highestCap',
  'cooledAtCounter',
  'days',
  'slots',
  'cooldowns',
  'hold',
  'breakerUntil',
  'credits',
  'isDisconnected',
  'isIdentityChecked',
] as const satisfies readonly (keyof Account)[];
