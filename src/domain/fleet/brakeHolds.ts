/**
 * The order that holds the accounts of a brake (R27, R30). The brake stops servers and client
 * libraries. It does not stop a program that sends messages to the accounts itself, and an order
 * does. A person makes that order after its preview, and takes it back after the release.
 */
import { CLOCK_SKEW_MS } from '../primitives/limits.js';
import { parseInstant } from '../primitives/time.js';
import type { Brake } from './brake.js';
import { ORDER_REASON_RULE } from './order.js';

/** Which accounts a brake holds, as the filter of an order. */
export type BrakeFilter = { readonly all: true } | { readonly group: string };
/** The body of a preview that shows the accounts of a brake, and holds them with its count. */
export type HoldsAsked = {
  readonly kind: 'hold';
  readonly filter: BrakeFilter;
  readonly reason: string;
};
/** An order to hold that was not taken back. Instants are ISO 8601. */
export type HoldOrder = {
  readonly orderId: string;
  /** Null: of all accounts. */
  readonly group: string | null;
  readonly madeAt: string;
  readonly isRunning: boolean;
  /** How many accounts it has held. */
  readonly done: number;
};

/** Returns the order that holds the accounts of a brake, with the reason of the brake. */
export const holdsOfBrake = ({
  group = null,
  reason,
}: {
  readonly group?: string | null | undefined;
  readonly reason: string;
}): HoldsAsked => ({
  kind: 'hold',
  filter: group === null ? { all: true } : { group },
  reason: cut(reason),
});

/** Cuts a reason for an order, which also names its order there; no character is cut in two. */
const cut = (reason: string): string =>
  reason
    .slice(0, ORDER_REASON_RULE.maxLength)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd();

type Traced = Pick<Brake, 'group' | 'since'> & {
  /** Null: the brake is on. */
  readonly released?: { readonly at: string } | null;
};

/** Returns the orders that have held the accounts of that brake while it was on. */
export function holdOrdersOf(
  { group, since, released = null }: Traced,
  orders: readonly HoldOrder[],
): readonly HoldOrder[] {
  // The clock of Postgres dates an order, and the clock of Temporal dates a brake.
  const from = msOf(since) - CLOCK_SKEW_MS;
  const to = released === null ? Number.POSITIVE_INFINITY : msOf(released.at) + CLOCK_SKEW_MS;
  return orders.filter((one) => {
    const at = msOf(one.madeAt);
    return one.group === group && at >= from && at <= to && (one.isRunning || one.done > 0);
  });
}

const msOf = (text: string): number => parseInstant(text) ?? Number.NaN;
