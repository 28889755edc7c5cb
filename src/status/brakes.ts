/**
 * The brake as people see it: what is on, who did it and why, the last brakes, and the orders that
 * have held the same accounts (R27).
 */
import type { SafebandClient } from '../client/index.js';
import type { Brake } from '../domain/fleet/brake.js';
import { holdOrdersOf, type HoldOrder } from '../domain/fleet/brakeHolds.js';
import { listBrakes, type BrakeRow } from '../postgres/fleet/brakes.js';
import { listHoldOrders } from '../postgres/fleet/holdOrders.js';
import type { Pool } from '../postgres/pool.js';

const HISTORY_MAX = 50;
/** How long the answer waits for Postgres: what is on is known without it. */
const ROWS_MS = 2_000;

/** The orders that have held the accounts of a brake; null: they cannot be read now. */
type Holds = { readonly holdOrders: readonly HoldOrder[] | null };
/** A brake that is on, with who and why; null while its row is not written. */
export type BrakeShown = Brake &
  Holds & { readonly actor: string | null; readonly reason: string | null };
export type BrakesRead = {
  readonly held: readonly BrakeShown[];
  readonly history: readonly (BrakeRow & Holds)[];
};
/** From where the trace is read; `accounts`: those that the key may see, null for all. */
type Rows = { readonly pool: Pool | null; readonly accounts: readonly string[] | null };

/** Reads the brakes that are on, and the trace. Without Postgres the trace is empty. */
export async function readBrakes(
  { brake }: Pick<SafebandClient, 'brake'>,
  { pool, accounts }: Rows,
): Promise<BrakesRead> {
  const trace = pool ? inTime(listBrakes(pool, HISTORY_MAX)) : null;
  const [state, history] = await Promise.all([brake.state(), trace]);
  const all = [...state, ...(history ?? [])];
  // Without the trace Postgres does not answer, and a second wait would find out the same.
  const orders =
    pool && history !== null && all.length > 0
      ? await inTime(listHoldOrders(pool, { since: oldestOf(all), accounts }))
      : null;
  const withHolds = <B extends Brake>(one: B): B & Holds => ({
    ...one,
    holdOrders: orders && holdOrdersOf(one, orders),
  });
  const byId = new Map(history?.map((row) => [row.brakeId, row]));
  const held = state.map((one) => {
    const { actor = null, reason = null } = byId.get(one.brakeId) ?? {};
    return { ...withHolds(one), actor, reason };
  });
  return { held, history: (history ?? []).map(withHolds) };
}

/** Returns the orders that have held the accounts of that brake, which may be over already. */
export async function readHoldOrders(
  brake: Brake,
  { pool, accounts }: Rows,
): Promise<readonly HoldOrder[] | null> {
  if (pool === null) return null;
  const orders = await inTime(listHoldOrders(pool, { since: brake.since, accounts }));
  return orders && holdOrdersOf(brake, orders);
}

const oldestOf = (all: readonly Brake[]): string =>
  all.map(({ since }) => since).toSorted()[0] ?? '';

/** Returns the rows; null if they cannot be read in time. */
async function inTime<T>(reading: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ROWS_MS);
  });
  try {
    return await Promise.race([reading.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}
