/** The waiting line in a simulated workflow, as in src/workflows/messages/line.ts (R21). */
import type { WaitingAsk } from '../../src/domain/account/account.js';
import type { Entity } from '../../src/domain/entity/entity.js';
import { broken } from './broken.js';
import { checkGrant } from './grants.js';
import type { Member } from './member.js';
import type { Workflow } from './workflow.js';
import type { World } from './world.js';

const DAY = 86_400_000;

/** Returns the asks of an account that have no decision yet. */
export const waitingIn = ({ account }: Entity): readonly WaitingAsk[] =>
  (account.line ?? []).filter(({ decided }) => decided === null);

/** Decides the asks whose turn has come. While the database does not answer, none is served. */
export function serveLine(self: Workflow): void {
  const { memory, world, member } = self;
  if (!memory.entity || memory.isReset || memory.isSlow) return;
  const before = memory.entity;
  if (waitingIn(before).length === 0) return;
  self.execute(world.domain.serve, null);
  if (self.entity !== before) checkTurns(world, member, before, self.entity);
}

/** Checks each slot that a turn gave, and that no ask of a higher priority was passed by. */
function checkTurns(world: World, member: Member, before: Entity, after: Entity): void {
  const { account } = after;
  const were = new Set(before.account.slots.map(({ reservationId }) => reservationId));
  const granted = account.slots.filter(({ reservationId }) => !were.has(reservationId));
  const asks = waitingIn(before);
  if (granted.length > 1 && account.policy.pacing) broken('a pace gives one turn at a time', '');
  for (const slot of granted) {
    const ask = asks.find(({ reservationId }) => reservationId === slot.reservationId);
    if (!ask) return broken('a turn is that of an ask that waits', slot.reservationId);
    world.happened('a turn came');
    if (ask.validUntil <= account.now)
      broken('no turn after the time of an ask', ask.reservationId);
    if (account.policy.mode !== 'shadow') checkGrant(before, after, slot, broken);
    const isPassed = waitingIn(after).some(
      (one) =>
        one.priority < ask.priority &&
        one.recipientId === null &&
        one.campaignId === null &&
        ask.free !== true,
    );
    if (isPassed) broken('a turn goes by priority', ask.reservationId);
    if (granted.length === 1) checkShare(world, before, after, ask);
  }
  for (const { decided } of account.line ?? []) {
    if (decided !== null && decided !== 'granted') world.happened(`turn: ${decided}`);
  }
  member.check();
}

/** Checks that the campaign of a turn was not ahead of another one, in proportion to the weights. */
function checkShare(world: World, before: Entity, { account }: Entity, ask: WaitingAsk): void {
  const campaigns = account.policy.campaigns ?? [];
  if (before.account.day !== account.day || campaigns.some((one) => one.dailyCap !== undefined)) {
    return;
  }
  const sends = (campaign: string | null): number =>
    before.account.slots.filter(
      ({ campaignId, quotaDay, state }) =>
        campaignId === campaign && quotaDay === account.day && state !== 'released',
    ).length;
  const weight = (campaign: string | null): number =>
    campaigns.find(({ campaignId }) => campaignId === campaign)?.weight ?? 1;
  const own = sends(ask.campaignId) / weight(ask.campaignId);
  for (const other of waitingIn(before)) {
    const { campaignId, priority, recipientId } = other;
    const isBeside = campaignId !== ask.campaignId && priority === ask.priority;
    if (!isBeside || recipientId !== null || ask.free === true || other.free === true) continue;
    world.happened('a turn between campaigns');
    if (own >= (sends(campaignId) + 1) / weight(campaignId)) {
      broken('turns are in proportion to the weights', `${ask.campaignId} before ${campaignId}`);
    }
  }
}

/** Returns the answers to the asks whose decision is saved. */
export function answersOf(self: Workflow): readonly (() => void)[] {
  const { memory, world, member } = self;
  const { entity } = memory;
  if (!entity || memory.isReset) return [];
  return world.domain.answerable(entity).map(({ reservationId, decided }) => {
    memory.entity = world.domain.record(self.entity, [{ type: 'AskAnswered', reservationId }]);
    return () => member.sends.get(reservationId)?.decided(decided ?? '');
  });
}

/** Returns when the line has to be served next in this run; null: not before a message. */
export function turnAt({ memory, entity, world }: Workflow): number | null {
  const { account } = entity;
  if (waitingIn(entity).length === 0 || memory.isSlow) return null;
  const at = world.domain.nextTurn(account, account.now);
  return at !== null && at < (account.day + 1) * DAY ? at : null;
}

/** Checks at the end of a story that each ask which waited got its decision. */
export function checkLine(member: Member, entity: Entity): void {
  for (const { reservationId, validUntil } of waitingIn(entity)) {
    if (validUntil <= entity.account.now) broken('an ask ends at its time', reservationId);
  }
  const known = new Set((entity.account.line ?? []).map((one) => String(one.reservationId)));
  for (const { id, waitsUntil } of member.sends.values()) {
    if (waitsUntil === null || known.has(id)) continue;
    // A workflow that was lost knew more than its rows.
    const isSaved = member.database.waiting.get(id)?.row.state === 'waiting';
    if (isSaved || !member.mayLoseAsks) broken('no ask is lost', id);
  }
}
