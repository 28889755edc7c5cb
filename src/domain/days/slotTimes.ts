/**
 * The slots that come one after the other, if each is used: for those who wait, and for those who
 * ask after them (R21).
 */
import type { Account, Slot, WaitingAsk } from '../account/account.js';
import { evolve } from '../account/evolve.js';
import { reservedSlot } from '../account/slot.js';
import { accountWith } from '../account/update.js';
import type { Barrier } from '../gate/gate.js';
import { inOrder, waitingOf } from '../gate/line.js';
import { isWindowKnown } from '../gate/verified.js';
import { assert } from '../primitives/assert.js';
import { isReservationId } from '../primitives/ids.js';
import type { Instant } from '../primitives/time.js';
import { earliestGrant, forecastAt, nextGrant, type Asked } from './forecast.js';

/**
 * Returns when a denied caller should ask again (R9). The asks that wait take the slots before it:
 * the forecast assumes that each of them gets one (R21).
 */
export function retryAtOf(
  account: Account,
  barrier: Barrier,
  at: Instant,
  ask: Asked = {},
): Instant | null {
  if (barrier.reason === 'unverified' || barrier.until === null) return barrier.until;
  // In shadow mode, an ask that comes now does not wait for those in the line (R23).
  const before = waitingOf(account).length;
  if (before === 0 || ask.inShadow) return earliestGrant(account, at, ask);
  const times = new SlotTimes(account, at);
  const { view } = times.viewAfter(before, Infinity);
  const last = times.nth(before);
  return last === null ? null : earliestGrant(view, last, ask);
}

/**
 * The instants at which reserves are granted, if each earlier one is used. Each is computed once,
 * so that a line of 500 asks needs one step for one more ask.
 */
export class SlotTimes {
  readonly #found: Instant[] = [];
  #view: Account;
  #at: Instant;
  #isOver = false;
  readonly #line: readonly WaitingAsk[];
  readonly #ask: Asked;

  /** `ask`: of the slots after those of the line. */
  constructor(account: Account, from: Instant, ask: Asked = {}) {
    this.#line = inOrder(account);
    this.#ask = ask;
    this.#view = account;
    this.#at = from;
  }

  /** Returns the n-th instant, counted from 1; null if only a person can help before it. */
  nth(n: number): Instant | null {
    while (this.#found.length < n && !this.#isOver) this.#step();
    return this.#found[n - 1] ?? null;
  }

  /** Returns the account after those of the first `n` slots that come until `until`. */
  viewAfter(n: number, until: Instant): { readonly view: Account; readonly used: number } {
    let used = 0;
    let view = this.#view;
    for (; used < n; used += 1) {
      const at = this.nth(used + 1);
      if (at === null || at > until) break;
      view = this.#view;
    }
    return { view, used };
  }

  #step(): void {
    const n = this.#found.length;
    const waiting = this.#line[n];
    const next = nextGrant(this.#view, this.#at, waiting ? { free: waiting.free } : this.#ask);
    if (!next) {
      this.#isOver = true;
      return;
    }
    this.#at = next.at;
    this.#found.push(next.at);
    const { campaignId, free } = waiting ?? this.#ask;
    const slot = forecastSlot(next.view, { n: n + 1, campaignId, free }, next.at);
    this.#view = evolve(next.view, { type: 'SlotReserved', slot });
  }
}

/** Returns when the n-th slot comes, if each earlier one is used. */
export const slotAfter = (account: Account, from: Instant, n: number): Instant | null =>
  new SlotTimes(account, from).nth(n);

/**
 * Returns the account at a later instant, if no message comes until then: the asks that wait have
 * got the slots that came (R21).
 */
export function viewAt(account: Account, at: Instant): Account {
  const order = inOrder(account);
  if (order.length === 0) return forecastAt(account, at);
  const { view, used } = new SlotTimes(account, account.now).viewAfter(order.length, at);
  return forecastAt(accountWith(view, { line: order.slice(used) }), at);
}

/**
 * Returns the next `count` instants at which a reserve is granted, if each earlier one is used and
 * each ask that waits gets a slot. The list is empty if only a person can help, or while the
 * sending window is being computed.
 */
export function nextSlots(
  account: Account,
  from: Instant,
  count: number,
  ask: Asked = {},
): readonly Instant[] {
  if (!isWindowKnown(account, from)) return [];
  const times = new SlotTimes(account, from, ask);
  const before = waitingOf(account).length;
  const found: Instant[] = [];
  for (let n = before + 1; n <= before + count; n += 1) {
    const at = times.nth(n);
    if (at === null) break;
    found.push(at);
  }
  return found;
}

function forecastSlot(
  account: Account,
  { n, campaignId, free }: { readonly n: number } & Pick<Asked, 'campaignId' | 'free'>,
  at: Instant,
): Slot {
  const reservationId = `forecast:${n}`;
  assert(isReservationId(reservationId), 'a forecast names its slots as callers do');
  const request = { reservationId, campaignId: campaignId ?? undefined, free };
  return reservedSlot(account, request, at);
}
