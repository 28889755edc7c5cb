/** Answers asks for slots, single or in a batch; a cold account reads the database first (R12). */
import { findSlot } from '../../domain/account/account.js';
import { pass } from '../../domain/entity/entity.js';
import { wantsCheck } from '../../domain/gate/gate.js';
import { VERIFY_RETRY_MS } from '../../domain/primitives/limits.js';
import { parseReserve, type ReserveAsk } from '../../domain/wire/requests.js';
import { reserve } from '../../domain/commands/reserve.js';
import { isoInstant } from '../../domain/primitives/time.js';
import type { BatchAnswer, ItemError } from '../../temporal/protocol.js';
import { comparesRecipients } from '../changes.js';
import { countDecision } from '../metrics.js';
import { reply } from './replies.js';
import type { AccountRun } from '../accountRun.js';
import { isRefusal, type Flaw, type Refusal } from '../../domain/account/refusals.js';
import { decisionWire, type DecisionWire } from '../../domain/wire/decisions.js';

/** True if the last reconcile is too old for a grant, and the ask is a new one (R12). */
export function isCold(self: AccountRun, ask?: ReserveAsk): boolean {
  if (!self.entity || self.isClosed) return false;
  const { account } = pass(self.entity, self.now());
  if (ask && findSlot(account, ask.reservationId)) return false;
  return wantsCheck(account, account.now);
}

/** Decides, and sends the answer to the workflow that asked for it. */
export function decided(self: AccountRun, ask: ReserveAsk): Refusal | DecisionWire {
  const decision = decisionOn(self, ask);
  countDecision(decision);
  if (ask.replyTo && !isRefusal(decision)) reply(self, ask.replyTo, decision);
  return decision;
}

/** Decides an ask. Before the account is read back, the answer is `unverified` (R13). */
function decisionOn(self: AccountRun, ask: ReserveAsk): Refusal | DecisionWire {
  if (self.isClosed) {
    const retryAt = isoInstant(self.now() + VERIFY_RETRY_MS);
    const { reservationId } = ask;
    return { granted: false, reservationId, reason: 'unverified', retryAt };
  }
  const decision = self.execute(reserve, { ...ask, isOfOlderRun: !comparesRecipients() });
  return isRefusal(decision) ? decision : decisionWire(decision);
}

export const decidedAll = (
  self: AccountRun,
  { requests }: { readonly requests: readonly unknown[] },
): BatchAnswer => ({
  decisions: requests.map((raw) => decidedItem(self, raw)),
});

/** Decides an item of a batch like a single ask; a bad item does not affect the others. */
function decidedItem(self: AccountRun, raw: unknown): DecisionWire | ItemError {
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
