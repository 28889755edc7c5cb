/**
 * The waiting line: asks that wait in the account until the gate lets them pass (R21). Their order
 * is priority, then the campaign that was served least, then arrival.
 */
import { lineOf, type Account, type WaitingAsk } from '../account/account.js';
import { bytesOf, once } from '../primitives/bytes.js';
import type { CampaignId, ReservationId } from '../primitives/ids.js';

type Served = { readonly today: number; readonly remembered: number };
type Queue = {
  readonly campaignId: CampaignId | null;
  readonly asks: WaitingAsk[];
  served: Served;
};

/** Returns the asks that wait, in the order of their arrival. */
export const waitingOf = (account: Account): readonly WaitingAsk[] =>
  lineOf(account).filter(({ decided }) => decided === null);

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
export function inOrder(account: Account): readonly WaitingAsk[] {
  const left = waitingOf(account);
  const priorities = [...new Set(left.map(({ priority }) => priority))].toSorted((a, b) => a - b);
  const served = new Map<CampaignId | null, Served>();
  return priorities.flatMap((priority) =>
    mixed(
      queuesOf(
        account,
        left.filter((ask) => ask.priority === priority),
        served,
      ),
      served,
    ),
  );
}

function queuesOf(
  account: Account,
  asks: readonly WaitingAsk[],
  served: ReadonlyMap<CampaignId | null, Served>,
): Queue[] {
  const queues = new Map<CampaignId | null, Queue>();
  for (const ask of asks) {
    const { campaignId } = ask;
    const known = queues.get(campaignId);
    if (known) known.asks.push(ask);
    else {
      const before = served.get(campaignId) ?? servedOf(account, campaignId);
      queues.set(campaignId, { campaignId, asks: [ask], served: before });
    }
  }
  return [...queues.values()];
}

/** Takes the first ask of the campaign whose turn it is, until no ask is left. */
function mixed(queues: Queue[], served: Map<CampaignId | null, Served>): readonly WaitingAsk[] {
  const order: WaitingAsk[] = [];
  let open = queues;
  while (open.length > 0) {
    const next = open.reduce((best, queue) => (isBefore(queue, best) ? queue : best));
    const ask = next.asks.shift();
    if (ask) order.push(ask);
    next.served = { today: next.served.today + 1, remembered: next.served.remembered + 1 };
    served.set(next.campaignId, next.served);
    if (next.asks.length === 0) open = open.filter((queue) => queue !== next);
  }
  return order;
}

/**
 * True if this campaign is served before the other one: it was served less today, or in the days
 * before, so that a remainder goes to each of them in turn, or its first ask came earlier.
 */
function isBefore(one: Queue, other: Queue): boolean {
  const today = one.served.today - other.served.today;
  if (today !== 0) return today < 0;
  const days = one.served.remembered - other.served.remembered;
  if (days !== 0) return days < 0;
  const [a, b] = [one.asks[0], other.asks[0]];
  return a !== undefined && b !== undefined && a.askedAt < b.askedAt;
}

/** Counts the sends of a campaign that are not released, of today and of all remembered days. */
function servedOf({ slots, day }: Account, campaignId: CampaignId | null): Served {
  let [today, remembered] = [0, 0];
  for (const slot of slots) {
    if (slot.campaignId !== campaignId || slot.state === 'released') continue;
    remembered += 1;
    if (slot.quotaDay === day) today += 1;
  }
  return { today, remembered };
}
