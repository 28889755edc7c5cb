/**
 * How a person makes, stops and takes back an order on many accounts (R30): the same for HTTP,
 * pages and command line.
 */
import { randomBytes } from 'node:crypto';
import { assertNever } from '../domain/primitives/assert.js';
import { parseOrderBy, parseOrderRequest, type OrderRequest } from '../domain/fleet/order.js';
import {
  effectOf,
  fieldsOf,
  type CountedChange,
  type OrderEffect,
} from '../domain/fleet/orderEffect.js';
import type { Instant } from '../domain/primitives/time.js';
import { parseConfigure } from '../domain/wire/adminRequests.js';
import {
  giveUpOrder,
  keepOrder,
  keepTakeBack,
  readOrder,
  stopOrder,
  type OrderRow,
} from '../postgres/fleet/orders.js';
import {
  countAlike,
  previewOrder,
  type Preview,
  type Seen,
} from '../postgres/fleet/orderPreview.js';
import type { Pool } from '../postgres/pool.js';

/** Why an order was refused; nothing was changed. */
export class OrderRefused extends Error {
  override readonly name = 'OrderRefused';
  readonly kind:
    'InvalidInput' | 'CapAboveSafeBand' | 'order-changed' | 'order-unknown' | 'order-refused';

  constructor(kind: OrderRefused['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What the desk needs; `accounts`: those that the key may see, null for all. */
export type Desk = {
  readonly pool: Pool;
  /** Starts the workflow of the order; one that runs continues. */
  readonly startOrder: (orderId: string) => Promise<void>;
  readonly now: () => Instant;
  readonly accounts: readonly string[] | null;
};
export type Previewed = Preview & {
  /** What happens to each account, in sentences. */
  readonly effect: string;
  /** How many would refuse the change, because a cap would be above their safe band. */
  readonly refused: number;
  /** Each setting that changes, before and after; only for the kind configure. */
  readonly settings: readonly CountedChange[];
  /** How many of the named accounts the filter does not choose. */
  readonly missing: number;
};

/** Returns which accounts an order would be for, and what it would do. Changes nothing. */
export async function preview(desk: Desk, raw: unknown): Promise<Previewed> {
  const order = read(raw, desk.now());
  const { kind, filter } = order;
  const seen = { filter, accounts: desk.accounts };
  const found = await previewOrder(desk.pool, { kind, ...seen });
  const named = filter.accountIds?.length ?? found.count;
  const missing = Math.max(0, named - found.count);
  const changes = kind === 'configure' ? await changesOf(desk, order, seen) : NO_CHANGES;
  const already = found.already + changes.already;
  const { refused } = changes;
  const sentences = [
    actOf(order),
    already > 0 ? `${ALREADY[kind]}: ${already} of ${found.count}.` : '',
    refused > 0 ? `Refused, because a cap is above the safe band of the tier: ${refused}.` : '',
    filter.state === undefined ? '' : SAVED_STATE,
  ];
  const effect = sentences.filter(Boolean).join(' ');
  const settings = changes.settings.slice(0, SETTINGS_MAX);
  return { ...found, effect, missing, already, refused, settings };
}

/** Maximum number of changed settings that a preview lists. */
const SETTINGS_MAX = 100;
const NO_CHANGES: OrderEffect = { already: 0, refused: 0, settings: [] };
const ALREADY = {
  hold: 'Held already',
  resume: 'Nothing to end',
  configure: 'These settings already',
  reconcile: 'Compared already',
  disconnect: 'Disconnected already',
} as const;

/** Compares the change with the settings in the rows of the accounts. */
async function changesOf({ pool, now }: Desk, { change }: OrderRequest, seen: Seen) {
  const parsed = parseConfigure(change, 'strict', now());
  if (!parsed.ok) throw new OrderRefused('InvalidInput', parsed.message);
  const alike = await countAlike(pool, { ...seen, fields: fieldsOf(change ?? {}) });
  return effectOf(parsed.value, alike);
}

const SAVED_STATE =
  'An account is chosen by the state in its row, which is that of its last save: a limit that has' +
  ' ended since then is still in it.';

/** Makes the order if its number of accounts is still the expected one, and starts it. */
export async function makeOrder(desk: Desk, raw: unknown): Promise<OrderRow> {
  const order = read(raw, desk.now());
  const { expected } = order;
  if (expected === undefined) {
    const text = 'expected should be the count of the preview: it shows which accounts are meant';
    throw new OrderRefused('InvalidInput', text);
  }
  const orderId = newId();
  const count = await keepOrder(desk.pool, { ...order, orderId, expected }, desk.accounts);
  if (count !== expected) {
    const text = `the filter chooses ${count} accounts now, and ${expected} were expected`;
    throw new OrderRefused('order-changed', text);
  }
  return started(desk, orderId);
}

/** Stops the order: accounts that it has not come to stay as they are. */
export async function stop(desk: Desk, orderId: string, raw: By): Promise<OrderRow> {
  const by = readBy(raw, desk.now());
  await known(desk, orderId);
  if (!(await stopOrder(desk.pool, { orderId, ...by }))) {
    throw new OrderRefused('order-refused', 'the order has ended, or was stopped already');
  }
  // If its workflow does not run, nothing else would end it before the next audit.
  await desk.startOrder(orderId).catch(() => undefined);
  return known(desk, orderId);
}

/** Makes an order that resumes exactly the accounts that a hold of that order has stopped. */
export async function takeBack(desk: Desk, takesBack: string, raw: By): Promise<OrderRow> {
  const by = readBy(raw, desk.now());
  const { kind, endedAt, accountsDeletedAt, perSecond } = await known(desk, takesBack);
  if (kind !== 'hold') {
    throw new OrderRefused('order-refused', 'only an order of the kind hold can be taken back');
  }
  if (endedAt === null) {
    throw new OrderRefused('order-refused', 'the order has not ended: stop it first, and wait');
  }
  if (accountsDeletedAt !== null) {
    const text = 'it holds no account any more, and the rows of its accounts were deleted';
    throw new OrderRefused('order-refused', text);
  }
  const orderId = newId();
  const count = await keepTakeBack(desk.pool, { orderId, takesBack, perSecond, ...by });
  if (count === null) throw new OrderRefused('order-refused', 'the order was taken back already');
  if (count === 0) throw new OrderRefused('order-refused', 'the order has held no account');
  return started(desk, orderId);
}

export type By = { readonly reason: string; readonly actor: string };

/** Returns the order; throws if there is none, or if the key may not see all of its accounts. */
export async function known({ pool, accounts }: Desk, orderId: string): Promise<OrderRow> {
  const order = await readOrder(pool, orderId, accounts);
  if (order) return order;
  throw new OrderRefused('order-unknown', 'there is no such order, or this key may not see it');
}

const NOT_STARTED = 'Temporal did not answer when the order was started';

async function started(desk: Desk, orderId: string): Promise<OrderRow> {
  try {
    await desk.startOrder(orderId);
  } catch (error) {
    await giveUpOrder(desk.pool, { orderId, reason: NOT_STARTED });
    throw error;
  }
  return known(desk, orderId);
}

const newId = (): string => randomBytes(8).toString('hex');

function read(raw: unknown, at: Instant): OrderRequest {
  const parsed = parseOrderRequest(raw, 'strict', at);
  if (parsed.ok) return parsed.value;
  const { refused, message } = parsed;
  const kind = refused === 'CapAboveSafeBand' ? refused : 'InvalidInput';
  throw new OrderRefused(kind, message);
}

function readBy(raw: By, at: Instant): By {
  const parsed = parseOrderBy(raw, 'strict', at);
  if (parsed.ok) return parsed.value;
  throw new OrderRefused('InvalidInput', parsed.message);
}

function actOf({ kind, change, filter }: OrderRequest): string {
  switch (kind) {
    case 'hold':
      return 'Each account grants nothing until a person resumes it. A hold that is there stays.';
    case 'resume':
      if (filter.cooldown !== undefined) {
        return `The cooldown ${filter.cooldown} of each account ends. A hold and a breaker stay.`;
      }
      return 'The hold and the breaker of each account end, also those of a person.';
    case 'configure':
      return `The settings of each account change: ${JSON.stringify(change)}`;
    case 'reconcile':
      return 'Each account is compared with its evidence, and its counter is corrected.';
    case 'disconnect':
      return 'Each account denies every reserve, and ends when nothing is in flight.';
    default:
      return assertNever(kind);
  }
}

/** What people read about the state of an order. */
export function stateOfOrder({ endedAt, stopped }: Pick<OrderRow, 'endedAt' | 'stopped'>) {
  if (stopped) return endedAt === null ? ('stopping' as const) : ('stopped' as const);
  return endedAt === null ? ('running' as const) : ('done' as const);
}
