/**
 * The waiting line: asks that wait in the account until the gate lets them pass (R21). Their order
 * is priority, then the campaign that was served least in proportion to its weight, then arrival.
 */
import { lineOf, type Account, type WaitingAsk } from '../account/account.js';
import { WEIGHT_DEFAULT } from '../account/policy.js';
import { bytesOf, once } from '../primitives/bytes.js';
import type { CampaignId, ReservationId } from '../primitives/ids.js';

/** Sends of a campaign that are not released. Each of the counts includes today. */
type Served = {
  readonly today: number;
  readonly sinceYesterday: number;
  readonly remembered: number;
};
type ByCampaign = Map<CampaignId | null, Served>;
type Queue = {
  readonly campaignId: CampaignId | null;
  /** Its asks, each with its place in the order of arrival. */
  readonly asks: { readonly ask: WaitingAsk; readonly place: number }[];
  readonly weight: number;
  served: Served;
};

/** Returns the asks that wait, in the order of their arrival. */
export const waitingOf = (account: Account): readonly WaitingAsk[] =>
  lineOf(account).filter(({ decided }) => decided === null);

/** True if an ask of the line passes while the credits are used up (R24). */
export const hasFree = (account: Account): boolean =>
  waitingOf(account).some(({ free }) => free === true);

export const findAsk = (account: Account, id: ReservationId): WaitingAsk | undefined =>
  lineOf(account).find(({ reservationId }) => reservationId === id);

const askBytes = once<WaitingAsk>((ask) => bytesOf(ask) + 1);

/** Returns the bytes of JSON of the whole line. */
export const lineBytes = (account: Account): number =>
  lineOf(account).reduce((sum, ask) => sum + askBytes(ask), 0);

/**
 * Returns the asks that wait, in the order in which they are served if no other message comes. The
 * order assumes that no midnight comes between them: at midnight, each campaign has 0 sends again.
 */
export const inOrder = (account: Account): readonly WaitingAsk[] => [...turnsOf(account)];

/**
 * Yields the asks that wait, in the order of their turns. It receives `false` for an ask that gets
 * no slot at its turn, so that its campaign does not count as served.
 */
export function* turnsOf(account: Account): Generator<WaitingAsk, void, boolean | undefined> {
  const left = waitingOf(account);
  const priorities = [...new Set(left.map(({ priority }) => priority))].toSorted((a, b) => a - b);
  const served = servedIn(account);
  for (const priority of priorities) {
    const asks = left.filter((ask) => ask.priority === priority);
    yield* mixed(queuesOf(account, asks, served), served);
  }
}

function queuesOf(account: Account, asks: readonly WaitingAsk[], served: ByCampaign): Queue[] {
  const queues = new Map<CampaignId | null, Queue>();
  for (const [place, ask] of asks.entries()) {
    const { campaignId } = ask;
    const known = queues.get(campaignId);
    if (known) known.asks.push({ ask, place });
    else {
      const weight = weightOf(account, campaignId);
      const before = served.get(campaignId) ?? NONE;
      queues.set(campaignId, { campaignId, asks: [{ ask, place }], weight, served: before });
    }
  }
  return [...queues.values()];
}

/** Takes the first ask of the campaign whose turn it is, until no ask is left. */
function* mixed(
  queues: Queue[],
  served: ByCampaign,
): Generator<WaitingAsk, void, boolean | undefined> {
  let open = queues;
  while (open.length > 0) {
    const next = dueIn(open).reduce((best, queue) => (isBefore(queue, best) ? queue : best));
    const first = next.asks.shift();
    const isServed = first && (yield first.ask);
    if (isServed !== false) {
      next.served = oneMore(next.served);
      served.set(next.campaignId, next.served);
    }
    if (next.asks.length === 0) open = open.filter((queue) => queue !== next);
  }
}

/**
 * Returns the campaigns that were served least today in proportion to their weights, to within one
 * send. Example: weights 1 and 3, one send of the first campaign. One more send gives the second
 * campaign a third of its weight, so only the second one is due.
 */
function dueIn(queues: readonly Queue[]): readonly Queue[] {
  const withOneMore = ({ served }: Queue): number => served.today + 1;
  const least = queues.reduce((best, queue) =>
    withOneMore(queue) * best.weight < withOneMore(best) * queue.weight ? queue : best,
  );
  return queues.filter(
    ({ served, weight }) => served.today * least.weight < withOneMore(least) * weight,
  );
}

/**
 * True if this campaign is served before the other one, where both are due. The days before decide,
 * so that the remainder of a day goes to each campaign in its proportion: first all days that the
 * account remembers, then yesterday, then arrival.
 */
function isBefore(one: Queue, other: Queue): boolean {
  const days = compared(one, other, ({ remembered }) => remembered);
  if (days !== 0) return days < 0;
  const recent = compared(one, other, ({ sinceYesterday }) => sinceYesterday);
  if (recent !== 0) return recent < 0;
  const [a, b] = [one.asks[0], other.asks[0]];
  return a !== undefined && b !== undefined && a.place < b.place;
}

/** Compares sends by the middle of the next one, in whole numbers: (2 x sends + 1) / weight. */
const compared = (one: Queue, other: Queue, count: (served: Served) => number): number =>
  (2 * count(one.served) + 1) * other.weight - (2 * count(other.served) + 1) * one.weight;

const NONE: Served = { today: 0, sinceYesterday: 0, remembered: 0 };
const oneMore = ({ today, sinceYesterday, remembered }: Served): Served => ({
  today: today + 1,
  sinceYesterday: sinceYesterday + 1,
  remembered: remembered + 1,
});

/** Counts the sends of each campaign that are not released, by the slots of the account. */
function servedIn({ slots, day }: Account): ByCampaign {
  const served: ByCampaign = new Map();
  for (const { campaignId, state, quotaDay } of slots) {
    if (state === 'released') continue;
    const { today, sinceYesterday, remembered } = served.get(campaignId) ?? NONE;
    served.set(campaignId, {
      today: today + (quotaDay === day ? 1 : 0),
      sinceYesterday: sinceYesterday + (quotaDay >= day - 1 ? 1 : 0),
      remembered: remembered + 1,
    });
  }
  return served;
}

/** Returns the weight of a campaign; the asks without a campaign are a campaign of weight 1. */
const weightOf = ({ policy }: Account, campaignId: CampaignId | null): number =>
  policy.campaigns?.find((one) => one.campaignId === campaignId)?.weight ?? WEIGHT_DEFAULT;
