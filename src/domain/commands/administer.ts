/** Connecting, configuring, stopping and resuming an account (R5, R10, R11, R13). */
import { movedBreaker } from '../gate/credits.js';
import type { Account, Cooldown, CooldownCause } from '../account/account.js';
import { alert, type Event } from '../account/events.js';
import type { AccountId } from '../primitives/ids.js';
import { isSameMember } from '../primitives/linkedinId.js';
import { beyondBand, type Policy } from '../account/policy.js';
import { isoInstant, type Instant } from '../primitives/time.js';
import { refuse, type Command, type Decided } from '../account/refusals.js';
import { isBroken } from '../gate/cooldown.js';
import { shadowMark } from '../gate/shadow.js';
import { stateOf, type AccountState } from '../gate/accountState.js';
import { changedPolicy, raisedCap, type PolicyChange } from './policyChange.js';

/** Who changes the policy, and why; the list of changes shows both. */
type ChangedBy = { readonly actor: string; readonly reason?: string | undefined };
export type Configure = PolicyChange & {
  readonly [K in keyof ChangedBy]?: ChangedBy[K] | undefined;
};
export type Start = PolicyChange & {
  readonly accountId: AccountId;
  readonly inmailsSentToday?: number | undefined;
  readonly deliveredToday?: number | undefined;
  /** False if the workflow only takes late outcomes; the account stays disconnected. */
  readonly connect: boolean;
  /** The person or program that connects it. */
  readonly actor?: string | undefined;
};
export type Order = { readonly reason: string; readonly actor: string };
export type Resume = Order & {
  /** The reason of the only hold that may end; absent: whatever stops the account. */
  readonly heldFor?: string | undefined;
  /** The cause of the only cooldown that may end; absent: whatever stops the account. */
  readonly cooldown?: ResumedCause | undefined;
};
export type StateAnswer = { readonly state: AccountState };
/** `unchanged`: the account has no hold with the reason `heldFor`, or no such cooldown. */
export type ResumeAnswer = StateAnswer & { readonly unchanged?: true };
export type HoldAnswer = StateAnswer & {
  /** Only in shadow mode: there the hold stops nothing (R23). */
  readonly mode?: 'shadow';
  /** The hold that the account had already and keeps; `since` is an ISO instant. */
  readonly heldBefore?: { readonly reason: string; readonly actor: string; readonly since: string };
};

const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** Changes the policy. Lowering a cap only stops new grants; a changed ramp starts at 1 (R10). */
export const configure: Command<Configure, Policy> = (account, change, at) => {
  const raised = raisedCap(account.policy, change);
  if (raised) return refuse('CapAboveSafeBand', raised);
  const policy = changedPolicy(account.policy, change);
  const { actor = 'unknown', reason } = change;
  return { events: policyEvents(account, policy, { actor, reason }, at), answer: policy };
};

/** Returns the facts of a new policy; none if it equals the old one. */
export function policyEvents(
  account: Account,
  policy: Policy,
  { actor, reason }: ChangedBy,
  at: Instant,
): readonly Event[] {
  if (isSame(policy, account.policy)) return [];
  const isSameRamp = isSame(policy.ramp, account.policy.ramp);
  const capped = beyondBand(policy);
  const isNew = policy.tier !== account.policy.tier && capped !== undefined;
  return [
    {
      type: 'PolicyChanged',
      policy,
      rampDay: isSameRamp ? account.rampDay : 1,
      actor,
      ...(reason === undefined ? {} : { reason }),
    },
    ...(isNew ? [alert('cap_lowered', 'info', { message: capped })] : []),
    ...movedBreaker(account, policy, actor, at),
  ];
}

/** Takes a start object as a message: connects a disconnected account again, sets its policy. */
export const connect: Command<Start, StateAnswer> = (account, start, at) => {
  if (start.accountId !== account.accountId) {
    const message = `accountId ${start.accountId}: this workflow is account ${account.accountId}'s`;
    return refuse('InvalidInput', message);
  }
  const { identity } = account.policy;
  if (
    start.identity !== undefined &&
    identity !== null &&
    !isSameMember(start.identity, identity)
  ) {
    const message =
      'identity: another member is connected here, or the spelling does not show that it is the same: ' +
      'send the id that begins with ACoAA, or connect another member as another account';
    return refuse('InvalidInput', message);
  }
  const raised = raisedCap(account.policy, start);
  if (raised) return refuse('CapAboveSafeBand', raised);
  const policy = changedPolicy(account.policy, start);
  const isBack = account.isDisconnected && start.connect;
  const actor = start.actor ?? 'connect';
  const events: Event[] = [
    ...policyEvents(account, policy, { actor }, at),
    ...(isBack ? [{ type: 'Connected', actor } as const] : []),
  ];
  const state = stateOf({ ...account, isDisconnected: account.isDisconnected && !isBack }, at);
  return { events, answer: { state } };
};

/** An operator stops the account; a second hold changes nothing. */
export const hold: Command<Order, HoldAnswer> = (account, order, at) => {
  const mode = shadowMark(account.policy);
  if (account.hold) {
    const heldBefore = { ...account.hold, since: isoInstant(account.hold.since) };
    return { events: [], answer: { state: stateOf(account, at), ...mode, heldBefore } };
  }
  const held = { ...order, since: at };
  const answer = { state: stateOf({ ...account, hold: held }, at), ...mode };
  return { events: [{ type: 'Held', hold: held }], answer };
};

/** Causes that a person who looked may end before their time (R5, R13). */
export const ENDED_BY_RESUME = ['unclean_end'] as const satisfies readonly CooldownCause[];
export type ResumedCause = (typeof ENDED_BY_RESUME)[number];
const isEndable = (cause: CooldownCause): boolean => ENDED_BY_RESUME.some((one) => one === cause);

/**
 * Ends hold and breaker, and no cooldown but that of an unclean end. With `heldFor`, it ends only a
 * hold with that reason, and with `cooldown` only that cooldown: an order touches no other stop, such
 * as the hold of a person (R30).
 */
export const resume: Command<Resume, ResumeAnswer> = (account, order, at) => {
  const { actor, reason, heldFor, cooldown } = order;
  if (heldFor !== undefined) return endHold(account, { actor, reason, heldFor }, at);
  if (cooldown !== undefined) return endCooldown(account, { actor, reason, cooldown }, at);
  const ended = account.cooldowns.filter(({ cause, until }) => isEndable(cause) && at < until);
  const isStopped = account.hold !== null || isBroken(account, at);
  const events: readonly Event[] = [
    ...(isStopped || ended.length > 0 ? [{ type: 'Resumed', actor, reason } as const] : []),
    ...ended.map(({ cause }) => ({ type: 'CooldownEnded', cause, actor }) as const),
  ];
  const cooldowns = account.cooldowns.filter((one) => !ended.includes(one));
  const after = { ...account, hold: null, breakerUntil: null, cooldowns };
  return { events, answer: { state: stateOf(after, at) } };
};

function endHold(
  account: Account,
  { actor, reason, heldFor }: Order & { readonly heldFor: string },
  at: Instant,
): Decided<ResumeAnswer> {
  if (account.hold?.reason !== heldFor) {
    return { events: [], answer: { state: stateOf(account, at), unchanged: true } };
  }
  const state = stateOf({ ...account, hold: null }, at);
  return { events: [{ type: 'Resumed', actor, reason, keepsBreaker: true }], answer: { state } };
}

function endCooldown(
  account: Account,
  { actor, reason, cooldown: cause }: Order & { readonly cooldown: ResumedCause },
  at: Instant,
): Decided<ResumeAnswer> {
  const isEnded = (one: Cooldown): boolean => one.cause === cause && at < one.until;
  if (!account.cooldowns.some(isEnded)) {
    return { events: [], answer: { state: stateOf(account, at), unchanged: true } };
  }
  const cooldowns = account.cooldowns.filter((one) => !isEnded(one));
  const state = stateOf({ ...account, cooldowns }, at);
  return { events: [{ type: 'CooldownEnded', cause, actor, reason }], answer: { state } };
}

/** Denies at once; the workflow ends when nothing is in flight and nothing is unsaved (R13). */
export function disconnect(
  account: Account,
  order: { readonly reason: string; readonly actor?: string | undefined },
): Decided<{ readonly state: 'disconnected' }> {
  const actor = order.actor ?? 'unknown';
  const events: readonly Event[] = account.isDisconnected
    ? []
    : [{ type: 'Disconnected', actor, reason: order.reason }];
  return { events, answer: { state: 'disconnected' } };
}
