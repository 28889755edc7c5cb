/** The rules of a grant and of a denial, from lists and naive sums (R1, R2, R9 to R12, R19 to R23). */
import type { Account, Slot } from '../../src/domain/account/account.js';
import type { Entity } from '../../src/domain/entity/entity.js';
import type { Denied } from '../../src/domain/commands/denied.js';
import type { Member } from './member.js';
import { broken } from './broken.js';
import {
  campaignOn,
  capOn,
  carriedOn,
  ceilingOn,
  counterOn,
  earlierOn,
  velocityOn,
  weeklyOn,
} from './naive.js';
import { isOpenIn } from './openings.js';
import type { World } from './world.js';

const HOUR = 3_600_000;
const VERIFIED = 30 * 60_000;

/** Reports a rule that a grant of the mode `enforce` may not break. */
type Breaks = (rule: string, what: string) => void;

/** Checks that nothing denies this grant (R2, R9 to R12, R19, R20, R22). */
export function checkGrant(before: Entity, after: Entity, slot: Slot, breaks: Breaks): void {
  const { account } = after;
  const { day, policy, rampDay, now } = account;
  const used = counterOn(account, day) + carriedOn(account);
  const cap = capOn(policy, rampDay);
  if (used > cap) breaks('no grant over the cap', `${used} of ${cap}`);
  const velocity = velocityOn(account);
  if (used > velocity) breaks('no grant over the velocity', `${used} of ${velocity}`);
  const ceiling = ceilingOn(account);
  if (used > ceiling) breaks('no grant over the learnt ceiling', `${used} of ${ceiling}`);
  const week = used + earlierOn(account);
  if (week > weeklyOn(policy)) breaks('no grant over the week', `${week} of ${weeklyOn(policy)}`);
  const isFresh = account.reconciledAt !== null && now - account.reconciledAt < VERIFIED;
  if (!isFresh) breaks('no grant without a run within 30 minutes', `${account.reconciledAt}`);
  const isStopped =
    account.hold !== null ||
    (slot.free !== true && (before.account.breakerUntil ?? 0) > now) ||
    account.cooldowns.some(({ until }) => now < until);
  if (isStopped) breaks('no grant while the account is stopped', slot.reservationId);
  if (account.isDisconnected) broken('no grant while disconnected', slot.reservationId);
  if (!isOpenIn(policy.sendingWindow, now)) breaks('no grant outside the window', `${now}`);
  checkPace(policy, before, now, breaks);
  checkRecipient(after, slot, breaks);
  checkCampaign(account, slot, breaks);
}

/**
 * Checks that a grant of shadow mode names a denial if it breaks a rule, in its answer and in its
 * row, and that a cap which it names was reached (R23).
 */
export function checkShadow(
  world: World,
  member: Member,
  grant: {
    readonly before: Entity;
    readonly after: Entity;
    readonly slot: Slot;
    readonly wouldDeny: Denied | undefined;
  },
): void {
  const { before, after, slot, wouldDeny } = grant;
  const { day } = after.account;
  checkGrant(before, after, slot, (rule, what) => {
    if (!wouldDeny) broken('a grant of shadow mode names its denial', `${rule}: ${what}`);
  });
  const row = after.outbox.findLast(
    (entry) => entry.row.table === 'reservations' && entry.row.reservationId === slot.reservationId,
  )?.row;
  const kept = row?.table === 'reservations' ? row.wouldDeny?.reason : undefined;
  if (kept !== wouldDeny?.reason) {
    broken('the row of a grant keeps its denial', `${kept} is not ${wouldDeny?.reason}`);
  }
  if (!wouldDeny) return;
  world.happened(`would deny: ${wouldDeny.reason}`);
  const campaignId = member.sends.get(slot.reservationId)?.request.campaignId;
  if (before.account.day === day) checkDenial(before.account, wouldDeny, campaignId);
  // LinkedIn may get this InMail on the next day, too.
  member.excusedUntil = Math.max(member.excusedUntil, day + 1);
}

/** Checks that a recipient who has got an InMail, or may have got one, gets no second one by mistake. */
function checkRecipient({ account, outbox }: Entity, slot: Slot, breaks: Breaks): void {
  const isSame = ({ recipientId }: Slot): boolean =>
    recipientId !== null && recipientId.toLowerCase() === slot.recipientId?.toLowerCase();
  // One turn may give several slots: a later one with `again` was no contact before this one.
  const place = account.slots.findIndex((one) => one.reservationId === slot.reservationId);
  const contact = account.slots
    .slice(0, place)
    .find((one) => one.state !== 'released' && isSame(one));
  const isAgain = outbox.some(
    ({ row }) =>
      row.table === 'reservations' && row.reservationId === slot.reservationId && row.again,
  );
  if (contact && !isAgain)
    breaks('no recipient twice', `${slot.reservationId} after ${contact.reservationId}`);
}

/** Checks that the campaign of a grant has a cap that allows it (R22). */
function checkCampaign(account: Account, { campaignId }: Slot, breaks: Breaks): void {
  const cap = account.policy.campaigns?.find((one) => one.campaignId === campaignId);
  const used = campaignId === null ? 0 : campaignOn(account, campaignId);
  const max = cap?.dailyCap ?? Infinity;
  if (used > max) breaks('no grant over the cap of its campaign', `${used} of ${max}`);
}

/** Checks a grant against the grants before it; with jitter the exact gap is the model's matter. */
function checkPace(
  { pacing }: Account['policy'],
  before: Entity,
  now: number,
  breaks: Breaks,
): void {
  if (!pacing) return;
  const { minGapSeconds, jitterPercent, perHour } = pacing;
  const gap = minGapSeconds * 10 * (100 - jitterPercent);
  const times = before.account.slots.map(({ reservedAt }) => reservedAt);
  const last = Math.max(0, ...times);
  if (now < last + gap) breaks('no grant before the gap has passed', `${now - last} of ${gap} ms`);
  const inHour = times.filter((then) => then > now - HOUR).length;
  if (inHour >= (perHour ?? Infinity)) breaks('no grant above the pace of an hour', `${inHour}`);
}

/** Checks that a cap that refuses has been reached. */
export function checkDenial(
  account: Account,
  { reason, limit, used }: Denied,
  campaignId: string | undefined,
): void {
  const spent = counterOn(account, account.day) + carriedOn(account);
  if (reason === 'weekly_cap') {
    const week = spent + earlierOn(account);
    if (week !== used || week < weeklyOn(account.policy)) {
      broken('a week that refuses is used up', `${used} of ${limit}, counted ${week}`);
    }
  } else if (reason === 'campaign_cap') {
    const sum = campaignOn(account, campaignId ?? '');
    if (sum !== used || sum < (limit ?? Infinity)) {
      broken('a campaign that refuses is used up', `${used} of ${limit}, counted ${sum}`);
    }
  } else if (reason === 'velocity_cap') {
    if (spent !== used || spent < velocityOn(account)) {
      broken('a velocity that refuses is used up', `${used} of ${limit}, counted ${spent}`);
    }
  } else if (reason === 'learnt_cap') {
    if (spent !== used || spent < ceilingOn(account)) {
      broken('a learnt ceiling that refuses is used up', `${used} of ${limit}, counted ${spent}`);
    }
  } else if (reason === 'daily_cap' || reason === 'ramp_cap') {
    if (spent !== used || spent < capOn(account.policy, account.rampDay)) {
      broken('a day that refuses is used up', `${used} of ${limit}, counted ${spent}`);
    }
  }
}
