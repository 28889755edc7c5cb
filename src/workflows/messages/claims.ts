/**
 * Claims on recipients of the group (R20, `recipientScope`): before the account grants, Postgres
 * gives it the recipient for this ask. The claim decides for 20 s only. It ends when the account's
 * rows show the decision, so no other account grants before that.
 */
import { log } from '@temporalio/workflow';
import type { Account } from '../../domain/account/account.js';
import { isSameRecipient, keptRecipient, recipientKeyOf } from '../../domain/account/kept.js';
import { scopeGroupOf } from '../../domain/account/policy.js';
import { isRefusal, type Refusal } from '../../domain/account/refusals.js';
import { wantsPast } from '../../domain/commands/reserve.js';
import {
  isClaimed,
  mayDecide,
  type Claimed,
  type ClaimedContacts,
  type ContactClaims,
  type WantedClaim,
} from '../../domain/fleet/contactClaims.js';
import { waitingOf } from '../../domain/gate/line.js';
import {
  contactAt,
  contactsOf,
  memoryDays,
  type GroupContact,
} from '../../domain/gate/recipient.js';
import type { RecipientId } from '../../domain/primitives/ids.js';
import { VERIFY_RETRY_MS } from '../../domain/primitives/limits.js';
import type { AnswerWire } from '../../domain/wire/decisions.js';
import type { ReserveAsk } from '../../domain/wire/requests.js';
import type { AccountRun } from '../accountRun.js';
import { remotely } from '../activityProxies.js';
import { comparesRecipients } from '../changes.js';
import { lookupsOf, type Parked } from './lookupState.js';

/** No answer waits for it. A claim that stays is ended by a save of the account. */
const giving = remotely({
  startToCloseTimeout: 5_000,
  scheduleToCloseTimeout: 600_000,
  retry: { initialInterval: 1_000, maximumInterval: 30_000 },
});

/** Returns the asks with a claim that are not decided yet. */
function undecided(self: AccountRun): readonly WantedClaim[] {
  const { parked } = lookupsOf(self);
  return [...parked.flatMap(({ claims }) => claims), ...foundFor(self)];
}

/** Returns the asks that were looked up and are not decided yet. */
function foundFor(self: AccountRun): readonly WantedClaim[] {
  const { foundOf } = lookupsOf(self);
  return self.inbox.flatMap(({ number }) => foundOf.get(number)?.claim?.wanted ?? []);
}

/**
 * Returns the undecided ask that keeps the recipient from this one. Two asks of the account never
 * look for one recipient at a time: the second one would take the claim from the first.
 */
const keeperOf = (
  asks: readonly WantedClaim[],
  { recipientId, reservationId }: WantedClaim,
): WantedClaim | undefined =>
  asks.find(
    (one) =>
      one.reservationId !== reservationId &&
      recipientKeyOf(one.recipientId) === recipientKeyOf(recipientId),
  );

/** Returns the denial's contact if an ask of the account is deciding about the recipient. */
export function heldFor(
  self: AccountRun,
  { policy }: Account,
  [ask, ...more]: readonly ReserveAsk[],
): Claimed | undefined {
  const group = scopeGroupOf(policy);
  if (group === undefined || ask?.recipientId === undefined || more.length > 0) return undefined;
  const { recipientId, reservationId } = ask;
  const keeper = keeperOf(undecided(self), { recipientId, reservationId });
  if (!keeper) return undefined;
  const at = self.now();
  const contact = { recipientId, reservationId: keeper.reservationId, until: at + VERIFY_RETRY_MS };
  return { group, at, ofGroup: [contact], wanted: [], claimed: [] };
}

/** Returns the recipients that these asks have to claim, each once. */
export function wantedClaims(
  self: AccountRun,
  { policy }: Account,
  asks: readonly ReserveAsk[],
): readonly WantedClaim[] {
  if (scopeGroupOf(policy) === undefined) return [];
  const others = undecided(self);
  const claims: WantedClaim[] = [];
  for (const { recipientId, reservationId } of asks) {
    if (recipientId === undefined) continue;
    const claim = { recipientId, reservationId };
    if (!keeperOf([...others, ...claims], claim)) claims.push(claim);
  }
  return claims;
}

type Claims = Omit<ContactClaims, 'accountId' | 'since'>;

/** Returns the claims of a lookup; undefined: the account compares with its own rows only. */
export function claimsIn(self: AccountRun, asked: readonly Parked[]): Claims | undefined {
  const { account } = self.read();
  const { policy, day } = account;
  const group = scopeGroupOf(policy);
  if (group === undefined) return undefined;
  // A slot that was granted since has the claim, and denies the ask.
  const claims = asked
    .flatMap((one) => one.claims)
    .filter(({ recipientId }) => !hasSlotFor(account, recipientId));
  return { group, at: self.now(), day, memoryDays: memoryDays(policy), claims };
}

/** Returns what the group has, and which asks have their claims. */
export function claimOf(
  { group, at, claims }: Claims,
  { ofGroup, claimed }: ClaimedContacts,
): Claimed {
  return {
    group,
    at,
    ofGroup: ofGroup.flatMap(({ claim, reservationId, until }) => {
      const recipientId = claims[claim]?.recipientId;
      return recipientId === undefined ? [] : [{ recipientId, reservationId, until }];
    }),
    wanted: claims,
    claimed: claimed.flatMap((n) => claims[n] ?? []),
  };
}

/** Returns what the group of the account has of the recipients of the ask that is being decided. */
export function ofGroupFor(self: AccountRun, { policy }: Account): readonly GroupContact[] {
  const claim = lookupsOf(self).found?.claim;
  return claim && claim.group === scopeGroupOf(policy) ? claim.ofGroup : [];
}

/**
 * True if the ask needs a claim that it does not have: Postgres did not answer in time, another ask
 * of the account has it, or the group was changed meanwhile. Nothing is granted on a guess.
 */
export function isUnclaimed(self: AccountRun, account: Account, ask: ReserveAsk): boolean {
  const group = scopeGroupOf(account.policy);
  if (group === undefined || !comparesRecipients()) return false;
  if (!wantsPast(account, ask, account.now)) return false;
  const found = lookupsOf(self).found;
  if (mayDecide(found?.claim, { ...ask, group, at: self.now() })) return false;
  const request = { ...ask, past: found?.past, ofGroup: ofGroupFor(self, account) };
  return contactAt(contactsOf(account, request), account.now) === undefined;
}

/** Notes that the claim of an ask without a grant is given back. */
export function giveBack(self: AccountRun, ask: ReserveAsk, answer: Refusal | AnswerWire): void {
  const claim = lookupsOf(self).found?.claim;
  const { reservationId, recipientId } = ask;
  if (!claim || recipientId === undefined || !isClaimed(claim, ask)) return;
  if (!isRefusal(answer) && ('waiting' in answer || answer.granted)) return;
  leaveLater(self, { ...claim, claims: [{ reservationId, recipientId }] });
}

/**
 * Notes claims that are given back. If another ask of the account has the recipient, its row may
 * not be saved yet, so the claim stays until it is.
 */
export function leaveLater(
  self: AccountRun,
  { group, at, claims }: Pick<Claims, 'group' | 'at' | 'claims'>,
): void {
  const lookups = lookupsOf(self);
  const { account } = self.read();
  const found = foundFor(self);
  const left = claims.filter(
    (claim) =>
      !hasSlotFor(account, claim.recipientId) &&
      !hasAskFor(account, claim.recipientId) &&
      !found.some((one) => isSameRecipient(one.recipientId, claim.recipientId)),
  );
  lookups.unused = [...lookups.unused, ...left.map((one) => ({ ...one, group, at }))];
}

const hasSlotFor = ({ slots }: Account, recipientId: RecipientId): boolean => {
  const kept = keptRecipient(recipientId);
  return slots.some((slot) => slot.state !== 'released' && isSameRecipient(slot.recipientId, kept));
};
const hasAskFor = (account: Account, recipientId: RecipientId): boolean =>
  waitingOf(account).some((ask) => isSameRecipient(ask.recipientId, recipientId));

/** Begins to give claims back that no grant has used; only the loop calls it. */
export function leaveClaims(self: AccountRun): void {
  const lookups = lookupsOf(self);
  if (lookups.unused.length === 0) return;
  const claims = lookups.unused;
  lookups.unused = [];
  const { accountId } = self.read().account;
  void giving.leaveContacts({ accountId, claims }).catch((error: unknown) => {
    log.warn('claims.left', { error: String(error) });
  });
}
