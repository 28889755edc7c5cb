/** The waiting line once more, naively: written from the sentences of R21. */
import { passesBefore } from './ahead.js';
import type { RefAsk } from './kept.js';
import { orderOf, type RefSend } from './line.js';
import { isSamePerson } from './people.js';
import type { Reference } from './reference.js';

/** An ask of the line; `decided`: the decision that its caller has not learnt yet. */
export type RefWait = RefAsk & {
  readonly id: string;
  readonly priority: number;
  readonly validUntil: number;
  readonly leaseMs: number;
  readonly askedAt: number;
  decided: string | null;
};
export type Wish = { readonly validUntil: number; readonly priority: number };

const waitingIn = ({ line }: Reference): readonly RefWait[] =>
  line.filter(({ decided }) => decided === null);

/** Returns the ids that wait, in the order of their turns. */
function idsInOrder(ref: Reference, asks: readonly RefWait[]): readonly string[] {
  const { day, policy } = ref;
  const sends = ref.all.filter(ref.isKnown).map((r): RefSend => ({
    campaign: r.campaign ?? null,
    day: r.day,
    isReleased: r.state === 'released',
  }));
  const waiting = asks.map(({ id, campaign = null, priority }) => ({ id, campaign, priority }));
  return orderOf(waiting, sends, { day, campaigns: policy.campaigns ?? [] });
}

const placeOf = (ref: Reference, id: string): string =>
  `waiting ${Math.max(idsInOrder(ref, waitingIn(ref)).indexOf(id), 0) + 1}`;

/** An ask whose id is in the line gets its place again; undefined: its id is not in the line. */
export function askedAgain(ref: Reference, id: string, ask: RefAsk): string | undefined {
  const known = ref.line.find((one) => one.id === id);
  if (!known) return undefined;
  const isSame = known.campaign === ask.campaign && known.free === ask.free;
  return isSame && isSamePerson(known.recipient, ask.recipient)
    ? placeOf(ref, id)
    : 'ReservationConflict';
}

/** Puts an ask into the line if the reason ends in time; undefined: it gets its decision at once. */
export function queued(
  ref: Reference,
  one: { readonly id: string; readonly ask: RefAsk; readonly leaseMs: number },
  wish: Wish | undefined,
): string | undefined {
  const { id, ask, leaseMs } = one;
  if (!wish || ref.policy.mode === 'shadow' || ref.denial(ask) === undefined) return undefined;
  if (!passesBefore(ref, ask, wish.validUntil)) return undefined;
  ref.line.push({ ...ask, ...wish, id, leaseMs, askedAt: ref.now, decided: null });
  ref.granted.delete(id);
  return placeOf(ref, id);
}

/** Takes a slot; the caller learns it later. */
export function grantTo(ref: Reference, ask: RefWait): void {
  ref.take(ask.id, ask, ask.leaseMs);
  ref.wouldDeny.delete(ask.id);
  ref.granted.set(ask.id, ask);
}

/** Ends and turns, until nothing more happens. Returns how many asks were decided. */
export function serve(ref: Reference): number {
  const before = waitingIn(ref);
  for (const ask of before) {
    if (ref.disconnected) ask.decided = 'disconnected';
    else if (ask.validUntil <= ref.now) ask.decided = 'expired';
  }
  const free = waitingIn(ref).some((ask) => ask.free);
  const lets = new Set<RefWait>(); // those that let others pass
  for (;;) {
    const left = waitingIn(ref).filter((ask) => !lets.has(ask));
    const [first] = idsInOrder(ref, left);
    const ask = left.find(({ id }) => id === first);
    if (!ask || ref.denial({ ...NOBODY, free }) !== undefined) break;
    const denied = ref.denial(ask);
    if (denied === undefined) {
      grantTo(ref, ask);
      ask.decided = 'granted';
    } else if (denied !== 'no_credits' && !passesBefore(ref, ask, ask.validUntil)) {
      ask.decided = denied;
    } else lets.add(ask);
  }
  return before.filter(({ decided }) => decided !== null).length;
}
const NOBODY = { recipient: undefined, campaign: undefined, again: false };

/** True if the gate is open for an ask of no campaign and no recipient. */
export const isOpen = (ref: Reference): boolean =>
  ref.denial({ ...NOBODY, free: waitingIn(ref).some((ask) => ask.free) }) === undefined;

export function withdraw(ref: Reference, id: string): string {
  const ask = ref.line.find((one) => one.id === id);
  if (ask?.decided === null) {
    ref.line = ref.line.filter((one) => one !== ask);
    return 'withdrawn';
  }
  return ask?.decided === 'granted' || ref.find(id) ? 'ReservationSettled' : 'ReservationUnknown';
}

/** A decision is saved, so its caller learns it: of a slot that is lost, that its time has ended. */
export function told(ref: Reference): readonly string[] {
  const decided = ref.line.filter((ask) => ask.decided !== null);
  ref.line = ref.line.filter((ask) => ask.decided === null);
  return decided.map(({ id, decided: word }) => {
    const slot = ref.find(id);
    const isLeased = slot?.state === 'in_flight' && ref.now < slot.lease;
    return `${id} ${word === 'granted' && !isLeased ? 'expired' : word}`;
  });
}

/** A new workflow: the caller of a slot in flight may not have learnt its decision. */
export function reread(ref: Reference): void {
  const again = [...ref.granted.values()].filter((ask) => {
    const slot = ref.find(ask.id);
    return slot?.state === 'in_flight' && slot.at >= ask.askedAt;
  });
  for (const ask of again) ask.decided = 'granted';
  ref.line = [...ref.line, ...again].toSorted((a, b) => a.askedAt - b.askedAt);
}
