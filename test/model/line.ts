/** The order of the waiting line once more, naively: written from the sentences of R21. */
import fc from 'fast-check';
import type { Account, Slot } from '../../src/domain/account/account.js';
import { reservedSlot } from '../../src/domain/account/slot.js';
import { accountWith } from '../../src/domain/account/update.js';
import { waitingAsk } from '../../src/domain/commands/line.js';
import { isCampaignId } from '../../src/domain/primitives/ids.js';
import { anAccount, at } from '../support/scenario.js';
import type { RefCampaign } from './kept.js';
import { rid, the } from './names.js';

/** A slot that was granted before, and an ask that waits. Asks are in the order of arrival. */
export type RefSend = { campaign: string | null; day: number; isReleased: boolean };
export type RefWaiting = { id: string; campaign: string | null; priority: number };

/** Returns the ids in the order of their turns: each turn is decided anew, from lists. */
export function orderOf(
  asks: readonly RefWaiting[],
  sends: readonly RefSend[],
  { day, campaigns }: { readonly day: number; readonly campaigns: readonly RefCampaign[] },
): readonly string[] {
  const weight = (campaign: string | null): number =>
    campaigns.find(({ campaignId }) => campaignId === campaign)?.weight ?? 1;
  const served = sends.filter(({ isReleased }) => !isReleased);
  const left = [...asks];
  const order: string[] = [];
  while (left.length > 0) {
    const first = Math.min(...left.map(({ priority }) => priority));
    const candidates = left.filter(({ priority }) => priority === first);
    const count = (campaign: string | null, since: number): number =>
      served.filter((one) => one.campaign === campaign && one.day >= since).length;
    // "fewer than any campaign that waits would have with one more send"
    const isDue = ({ campaign }: RefWaiting): boolean =>
      candidates.every(
        (other) =>
          count(campaign, day) / weight(campaign) <
          (count(other.campaign, day) + 1) / weight(other.campaign),
      );
    const middle = ({ campaign }: RefWaiting, since: number): number =>
      (2 * count(campaign, since) + 1) / weight(campaign);
    let due = candidates.filter(isDue);
    for (const since of [-Infinity, day - 1]) {
      const least = Math.min(...due.map((one) => middle(one, since)));
      due = due.filter((one) => middle(one, since) === least);
    }
    const [next] = due; // the one whose ask came first
    if (!next) throw new Error('an ask has the next turn');
    order.push(next.id);
    served.push({ campaign: next.campaign, day, isReleased: false });
    left.splice(left.indexOf(next), 1);
  }
  return order;
}

const campaign = fc.constantFrom('k0', 'k0', 'k1', 'k1', 'k2', null);
const ask = fc.record({ campaign, priority: fc.constantFrom(5, 5, 5, 0) });
const send = fc.record({
  campaign,
  daysAgo: fc.constantFrom(0, 0, 1, 2),
  isReleased: fc.constantFrom(false, false, false, true),
});
/** Lines of asks, with the sends of the remembered days and the weights of two campaigns. */
export const lines = fc.record({
  asks: fc.array(ask, { maxLength: 24, size: 'max' }),
  sends: fc.array(send, { maxLength: 16, size: 'max' }),
  weights: fc.tuple(fc.constantFrom(1, 2, 3, 1_000), fc.constantFrom(1, 1, 3, 7)),
});
type Line = Parameters<Parameters<typeof lines.map>[0]>[0];
type Asked = Line['asks'][number];
export const named = (one: Asked, n: number): RefWaiting => ({ ...one, id: `w${n}` });

const NOW = at('09:00');
const MINUTE = 60_000;
const idOf = (raw: string) => the(isCampaignId, raw);

/** Returns an account of the domain with these slots and asks. */
export function accountInLine(
  asks: Line['asks'],
  sends: Line['sends'],
  weights: readonly { readonly campaignId: string; readonly weight: number }[],
): { readonly day: number; readonly account: Account } {
  const campaigns = weights.map(({ campaignId, weight }) => ({
    campaignId: idOf(campaignId),
    weight,
  }));
  const { account } = anAccount({ campaigns }, { now: NOW }).entity;
  const campaignId = (one: string | null) => (one === null ? undefined : idOf(one));
  const slots = sends.map((one, n): Slot => {
    const request = { reservationId: rid(`s${n}`), campaignId: campaignId(one.campaign) };
    const slot = reservedSlot(account, request, NOW);
    const past = { ...slot, quotaDay: account.day - one.daysAgo };
    return one.isReleased
      ? { ...past, state: 'released', reason: 'rejected', settledAt: NOW }
      : past;
  });
  const line = asks.map((one, n) => {
    const request = { reservationId: rid(`w${n}`), campaignId: campaignId(one.campaign) };
    const { priority } = one;
    return waitingAsk({ ...request, priority }, 'daily_cap', NOW + n * MINUTE);
  });
  return { day: account.day, account: accountWith(account, { slots, line }) };
}
