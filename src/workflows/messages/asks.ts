/** Answers asks for slots, single or in a batch; a cold account reads the database first (R12). */
import { findSlot } from '../../domain/account/account.js';
import { isShadow } from '../../domain/account/policy.js';
import { pass } from '../../domain/entity/entity.js';
import { wantsCheck } from '../../domain/gate/gate.js';
import { VERIFY_RETRY_MS } from '../../domain/primitives/limits.js';
import { parseReserve, type ReserveAsk } from '../../domain/wire/requests.js';
import { ask as askFor } from '../../domain/commands/line.js';
import { wantsPast } from '../../domain/commands/reserve.js';
import { isoInstant } from '../../domain/primitives/time.js';
import type { BatchAnswer, ItemError } from '../../temporal/protocol.js';
import { comparesRecipients } from '../changes.js';
import { countDecision } from '../metrics.js';
import { reply } from './replies.js';
import type { AccountRun } from '../accountRun.js';
import { giveBack, isUnclaimed, ofGroupFor } from './claims.js';
import { lookupsOf } from './lookupState.js';
import { isRefusal, type Flaw, type Refusal } from '../../domain/account/refusals.js';
import { answerWire, type AnswerWire } from '../../domain/wire/decisions.js';
import { foreseeIn, serveLine } from './line.js';

/** True if the last reconcile is too old for a grant, and the ask is a new one (R12). */
export function isCold(self: AccountRun, ask?: ReserveAsk, free = ask?.free): boolean {
  if (!self.entity || self.isClosed) return false;
  const { account } = pass(self.entity, self.now());
  if (ask && findSlot(account, ask.reservationId)) return false;
  return wantsCheck(account, account.now, free);
}

/** Decides, and sends the answer to the workflow that asked for it. */
export function decided(self: AccountRun, ask: ReserveAsk): Refusal | AnswerWire {
  const answer = answerOn(self, ask);
  giveBack(self, ask, answer);
  // An ask that waits is counted and answered when its turn has come (R21).
  if (!isRefusal(answer) && 'waiting' in answer) return answer;
  countDecision(answer, self.entity?.account.policy.group ?? null);
  if (ask.replyTo && !isRefusal(answer)) reply(self, ask.replyTo, answer);
  return answer;
}

/** Decides an ask. Before the account is read back, the answer is `unverified` (R13). */
function answerOn(self: AccountRun, ask: ReserveAsk): Refusal | AnswerWire {
  if (self.isClosed) return unverified(self, ask);
  const { account } = pass(self.read(), self.now());
  const { found } = lookupsOf(self);
  const isUnread = found === null && wantsPast(account, ask, account.now);
  const isPastUnknown = isUnread || isUnclaimed(self, account, ask);
  if (isPastUnknown && !isShadow(account.policy)) return unverified(self, ask);
  serveLine(self); // an ask that waits comes before an ask that comes now
  const request = {
    ...ask,
    past: found?.past ?? [],
    ofGroup: ofGroupFor(self, account),
    isPastUnknown,
    isOfOlderRun: !comparesRecipients(),
    foresee: foreseeIn(self),
  };
  const answer = self.execute(askFor, request);
  return isRefusal(answer) ? answer : answerWire(answer);
}

/** Postgres has to answer first: nothing is decided, and nothing is counted. */
function unverified(self: AccountRun, { reservationId }: ReserveAsk): AnswerWire {
  const retryAt = isoInstant(self.now() + VERIFY_RETRY_MS);
  return { granted: false, reservationId, reason: 'unverified', retryAt };
}

/** True if a reserve of the batch costs no credit: it passes where others do not (R24). */
export const hasFreeItem = (requests: readonly unknown[]): boolean =>
  requests.some(
    (raw) => typeof raw === 'object' && raw !== null && 'free' in raw && raw.free === true,
  );

export const decidedAll = (
  self: AccountRun,
  { requests }: { readonly requests: readonly unknown[] },
): BatchAnswer => ({
  decisions: requests.map((raw) => decidedItem(self, raw)),
});

/** Decides an item of a batch like a single ask; a bad item does not affect the others. */
function decidedItem(self: AccountRun, raw: unknown): AnswerWire | ItemError {
  const parsed = parseReserve(raw, 'strict', self.now());
  if (!parsed.ok) return itemError(idIn(raw), parsed);
  const decision = decided(self, parsed.value);
  return isRefusal(decision) ? itemError(parsed.value.reservationId, decision) : decision;
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
