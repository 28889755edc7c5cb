/**
 * The invariants, which must hold after each step. They use only lists and the true state of the
 * world, and plain `if` statements, because there are millions of steps.
 */
import type { Account, Slot } from '../../src/domain/account/account.js';
import type { Entity } from '../../src/domain/entity/entity.js';
import type { LineFull, Waiting } from '../../src/domain/commands/line.js';
import type { Decision } from '../../src/domain/commands/reserve.js';
import type { RunAnswer } from './database.js';
import type { Member } from './member.js';
import { broken } from './broken.js';
import { checkDenial, checkGrant, checkShadow } from './grants.js';
import { waitingIn } from './line.js';
import { capOn, counterOn } from './naive.js';
import { checkRetry } from './retry.js';
import type { Send } from './send.js';
import type { World } from './world.js';
import { isRefusal, type Refusal } from '../../src/domain/account/refusals.js';

const DAY = 86_400_000;
const RETRIES_CHECKED = 5;

const RANK = { in_flight: 0, uncertain: 1, released: 2, delivered: 3 } as const;

/** Checks everything that has changed since the last step. */
export function watch(world: World, member: Member, before: Entity | null, after: Entity): void {
  const { account } = after;
  const cap = capOn(account.policy, account.rampDay);
  if (cap > (member.caps.get(account.day) ?? -1)) member.caps.set(account.day, cap);
  if (account.policy.tier === 'free') member.wasFree = true;
  if (before === null) return;
  const was = before.account;
  if (after.version < before.version || after.savedVersion < before.savedVersion) {
    broken('versions only grow', `${before.version} to ${after.version}`);
  }
  if (account.now < was.now) broken('the clock never runs backwards', `${was.now} ${account.now}`);
  if (account.day !== was.day) rolled(world, was, account);
  if (account.slots !== was.slots) slotsChanged(member, was, account);
  if (account.learnt !== was.learnt) ceilingChanged(world, was, account);
  if (account.cooldowns !== was.cooldowns) {
    for (const { cause } of account.cooldowns) {
      world.happened(`cooldown: ${cause}`);
      if (cause === 'two_owners' && !member.hasRival) broken('no second owner where none is', '');
    }
  }
}

function rolled(world: World, was: Account, account: Account): void {
  if (account.day < was.day) broken('a day never rolls twice', `${was.day} to ${account.day}`);
  const midnight = account.day * DAY;
  if (account.now < midnight) broken('no day begins early', `${account.now}`);
  if (account.rampDay > was.rampDay + 1) broken('the ramp takes one step a day', '');
  if (account.rampDay > was.rampDay) world.happened('ramp step');
  for (const slot of was.slots) {
    const mayLand =
      slot.state === 'in_flight' || (slot.state === 'uncertain' && slot.leaseExpiresAt > midnight);
    const now = account.slots.find((one) => one.reservationId === slot.reservationId);
    const isCarried = now?.carriedInto === account.day;
    if (mayLand !== isCarried) {
      const what = `${slot.reservationId} ${slot.state}, carried: ${isCarried}`;
      broken('a slot that may land after midnight is carried', what);
    }
    if (mayLand) world.happened(`midnight carried: ${slot.state}`);
  }
}

/** Checks that a learnt ceiling is below the band, and rises at midnight only (R25). */
function ceilingChanged(world: World, was: Account, account: Account): void {
  const [old, now] = [was.learnt?.cap ?? Infinity, account.learnt?.cap ?? Infinity];
  if (now < old) world.happened('a ceiling was learnt');
  if (now < 1 || Number(account.learnt?.until) > account.day + 7)
    broken('a ceiling ends', `${now}`);
  if (now > old && account.day === was.day) {
    broken('a learnt ceiling rises at midnight only', `${old} to ${now}`);
  }
}

/** Compares two lists in the order of grants; slots that were settled long ago may be forgotten. */
function slotsChanged(member: Member, was: Account, account: Account): void {
  let at = 0;
  const { slots } = account;
  for (const old of was.slots) {
    const slot = slots[at];
    if (slot === old) {
      at += 1;
    } else if (slot?.reservationId === old.reservationId) {
      at += 1;
      slotChanged(member, old, slot);
    } else if (old.state === 'in_flight' || old.quotaDay + 2 >= account.day) {
      broken('ids are remembered for two days', old.reservationId);
    }
  }
}

function slotChanged(member: Member, old: Slot, slot: Slot): void {
  const id = slot.reservationId;
  if (RANK[slot.state] < RANK[old.state]) {
    broken('what is known only grows', `${id}: ${old.state} to ${slot.state}`);
  }
  const isSameLease =
    slot.quotaDay === old.quotaDay &&
    slot.reservedAt === old.reservedAt &&
    slot.leaseExpiresAt === old.leaseExpiresAt;
  if (!isSameLease) broken('day and lease of a slot stay', id);
  if (slot.state !== 'released' || old.state === 'released') return;
  const send = member.sends.get(id);
  if (send?.landedAt && !send.isLie) {
    broken('what has landed is not released', `${id}: ${slot.reason}`);
  }
}

/** Compares the answer to a reserve with the account before and after it (R1, R2, R12). */
export function checkDecision(
  world: World,
  member: Member,
  before: Entity,
  after: Entity,
  answer: Decision | Waiting | LineFull | Refusal,
): void {
  if (isRefusal(answer)) return;
  const { account } = after;
  if ('waiting' in answer) return checkWaiting(world, after, answer);
  if (!answer.granted && answer.reason === 'line_full') {
    return broken('no line is full here', answer.reservationId);
  }
  if (!answer.granted) {
    world.happened(`denied: ${answer.reason}`);
    if (account.slots.some(({ reservationId }) => reservationId === answer.reservationId)) {
      broken('a denial takes no slot', answer.reservationId);
    }
    const { campaignId, free } = member.sends.get(answer.reservationId)?.request ?? {};
    checkDenial(account, answer, campaignId);
    // Another recipient may be contacted earlier; the model checks those instants.
    const isOfAll = answer.contactedBy === undefined && free !== true;
    // In shadow mode, the others deny longer; and the model checks the times behind a line.
    const isAlways = account.policy.mode === 'shadow' || waitingIn(after).length > 0;
    if (isOfAll && !isAlways && (world.steps + member.index) % RETRIES_CHECKED === 0) {
      checkRetry(world, after, answer.retryAt, answer.reason, campaignId);
    }
    return;
  }
  if (answer.repeated) return;
  world.happened('granted');
  const last = account.slots.at(-1);
  if (last?.reservationId !== answer.reservationId)
    return broken('a grant counts first', 'no slot');
  const { day } = account;
  if (before.account.day === day && counterOn(before.account, day) + 1 !== counterOn(account, day))
    broken('a grant counts one', answer.reservationId);
  if (account.policy.mode !== 'shadow') {
    if (answer.wouldDeny) broken('only shadow mode grants what it would deny', last.reservationId);
    checkGrant(before, after, last, broken);
  } else checkShadow(world, member, { before, after, slot: last, wouldDeny: answer.wouldDeny });
  checkCredits(world, before, account, last);
}

/** Checks an ask that comes into the line, or asks for its place again (R21). */
function checkWaiting(world: World, after: Entity, { reservationId, position }: Waiting): void {
  const { account } = after;
  world.happened('an ask waits');
  if (account.slots.some((slot) => slot.reservationId === reservationId)) {
    broken('an ask that waits has no slot', reservationId);
  }
  const waiting = waitingIn(after);
  const isThere = account.line?.some((one) => one.reservationId === reservationId);
  if (!isThere) broken('an ask that waits is in the line', reservationId);
  if (position < 1 || position > Math.max(1, waiting.length)) {
    broken('a place is in the line', `${position} of ${waiting.length}`);
  }
}

/** Checks an InMail of a pipeline that obeys the gate, when it reaches LinkedIn. */
export function checkLanding(world: World, member: Member, send: Send): void {
  world.happened('landed');
  const slots = member.workflow?.memory.entity?.account.slots;
  const slot = slots?.find(({ reservationId }) => reservationId === send.id);
  if (slot?.state === 'released') broken('what is released does not land', send.id);
  const today = Math.floor(world.clock / DAY);
  // If the servers' clock went back over midnight, the slot's own day is the best known day.
  const day = world.wasAstray() ? Math.min(today, slot?.quotaDay ?? today) : today;
  if (slot && slot.quotaDay < day) world.happened('landed after midnight');
  if (send.isFrozen) return;
  if (send.isLost) world.happened('landed without a slot');
  // A slot that was lost with its workflow is not carried; on its own day the account waits.
  if (send.isLost && send.quotaDay < day) {
    member.excusedUntil = Math.max(member.excusedUntil, day);
  }
  const count = (member.landed.get(day) ?? 0) + 1;
  member.landed.set(day, count);
  const cap = Math.max(member.caps.get(day) ?? 0, member.caps.get(day - 1) ?? 0);
  if (count > cap && member.excusedUntil < day) {
    broken('LinkedIn never sees more than the cap in a day', `${count} of ${cap}: ${send.id}`);
  }
  if (count === cap) world.happened('a day was used up');
}

/** Checks that a delivery with a proof is counted once. */
export function checkCounted(
  world: World,
  member: Member,
  { account }: Entity,
  answer: object | Refusal,
  proof: { readonly chatId: string },
): void {
  const { chatId } = proof;
  let owner: Extract<Slot, { state: 'delivered' }> | undefined;
  for (const slot of account.slots) {
    if (slot.state !== 'delivered' || slot.chatId !== chatId) continue;
    if (owner && owner.messageId === slot.messageId) {
      broken('a proof is counted once', `${chatId}: two slots`);
    }
    owner = slot;
  }
  const times = account.externals.filter((external) => external.chatId === chatId).length;
  if (!owner && times === 0) {
    broken('a delivery with proof always counts', `${chatId}: ${JSON.stringify(answer)}`);
  }
  if (owner && times > 0) broken('a proof is counted once', `${chatId}: slot and external`);
  if (!member.proofs.has(chatId)) member.proofs.set(chatId, owner?.quotaDay ?? account.day);
  if (owner && 'settled' in answer && answer.settled === 'delivered') {
    if (owner.quotaDay < account.day) world.happened('a closed day changed');
  }
}

/** Checks that the parts of each gap add up to it (R8, R17). */
export function checkRun(
  world: World,
  member: Member,
  { verdict, found, isAgain }: Extract<RunAnswer, { saved: true }>,
  account: Account,
): void {
  if (isAgain) return world.happened('a run was answered again');
  for (const { kind, details } of verdict.alerts) {
    const isStrange = details.parts.some(({ cause }) => cause === 'bypassed_gate');
    if (kind !== 'undercount' || !isStrange || member.mayUndercount) continue;
    broken('no undercount of callers who did ask', JSON.stringify(details.parts));
  }
  for (const { day, before, parts } of verdict.days) {
    let sum = 0;
    for (const { count } of parts) sum += count;
    const rows = found.events.filter(({ quotaDay }) => quotaDay === day).length;
    if (sum !== before - rows) {
      const text = `${before} - ${rows} is not ${JSON.stringify(parts)}`;
      broken('the parts of a gap add up to it', `${account.accountId} day ${day}: ${text}`);
    }
  }
  if (verdict.events.length === 0) world.happened('a run found all equal');
}

/** Checks that two accounts of one member do not both send (R13). */
export function checkTwin({ account }: Entity): void {
  const isCooling = account.cooldowns.some(({ cause }) => cause === 'identity_in_use');
  if (account.hold === null || !isCooling) broken('a second account of a member waits', '');
}

/** Checks that a grant has a credit, if a balance is known and the InMail is not free (R24). */
function checkCredits(world: World, { account: was }: Entity, account: Account, slot: Slot): void {
  const { credits } = was;
  if (!credits || was.day !== account.day) return;
  const left = account.credits?.balance ?? 0;
  if (slot.free === true) {
    if (credits.balance <= 0) world.happened('a free InMail without a credit');
    if (left !== credits.balance) broken('a free InMail costs no credit', `${left}`);
    return;
  }
  const isEnforced = account.policy.mode !== 'shadow';
  if (isEnforced && credits.balance <= 0) broken('no grant without a credit', slot.reservationId);
  if (left !== credits.balance - 1) broken('a grant costs one credit', `${left}`);
}
