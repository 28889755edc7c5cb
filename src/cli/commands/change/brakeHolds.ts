/** The order that holds the accounts of a brake that was just put on (R27, R30). */
import { holdsOfBrake, type HoldsAsked } from '../../../domain/fleet/brakeHolds.js';
import { commandLine, inQuotes } from '../../../domain/primitives/commandLine.js';
import { shown } from '../../../domain/primitives/text.js';
import type { OrderRow } from '../../../postgres/fleet/orders.js';
import type { Context } from '../../command.js';
import { cliErrorOf, errorAfter, EXIT } from '../../errors.js';
import type { Answer } from '../../output.js';
import { answerOf, waited } from './order.js';

/** Accounts that come or leave between preview and order: then the preview is asked again. */
const TRIES = 3;

/** Returns the command that previews the order; `reason` null: the person writes it. */
export function holdCommand(group: string | null, reason: string | null): string {
  const named = group === null ? '--all' : `--group ${group}`;
  const why = reason === null ? '…' : inQuotes(shown(holdsOfBrake({ reason }).reason));
  return commandLine('order make', ['hold'], `${named} --reason ${why}`);
}

type By = { readonly actor: string; readonly group?: string };

/**
 * Makes the order with the count of its preview, and waits for its end. The brake is on already, so
 * each error also states that, and whether an order holds its accounts.
 */
export async function holdAccounts(context: Context, asked: HoldsAsked, by: By): Promise<Answer> {
  const order = await made(context, asked, by);
  if (order === null) {
    return { json: { order: null }, text: () => 'no account is connected, so none is held' };
  }
  const ended = await waited(context, order).catch((error: unknown) => {
    throw errorAfter('the brake is on', error, commandLine('order show', [order.orderId]));
  });
  return answerOf(ended);
}

/** Returns the order; null: no account is there to hold. */
async function made(
  context: Context,
  asked: HoldsAsked,
  { actor, group: named }: By,
): Promise<OrderRow | null> {
  const { fleetOrders } = context.world.source();
  const raw = { ...asked, actor };
  const group = named ?? null;
  const none = (error: unknown): never => {
    const what = 'the brake is on, and no order holds its accounts yet';
    throw errorAfter(what, error, holdCommand(group, asked.reason));
  };
  for (let tries = 1; ; tries += 1) {
    const { count } = await fleetOrders.preview(raw).catch(none);
    if (count === 0) return null;
    const order = await fleetOrders.make({ ...raw, expected: count }).catch((error: unknown) => {
      const { exitCode, code } = cliErrorOf(error);
      if (code === 'order-changed' && tries < TRIES) return null;
      if (exitCode !== EXIT.unreachable && exitCode !== EXIT.defect) return none(error);
      // The answer was lost, and the order may be there.
      const options = group === null ? '' : `--group ${group}`;
      const what = 'the brake is on, and an order for its accounts may have been made';
      throw errorAfter(what, error, commandLine('order list', [], options));
    });
    if (order) return order;
  }
}
