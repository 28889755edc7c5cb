/** The order that holds the accounts of a brake that was just put on (R27, R30). */
import { holdsOfBrake, type HoldsAsked } from '../../../domain/fleet/brakeHolds.js';
import { commandLine, inQuotes } from '../../../domain/primitives/commandLine.js';
import { shown } from '../../../domain/primitives/text.js';
import type { Context } from '../../command.js';
import { cliErrorOf, CliError } from '../../errors.js';
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

/**
 * Makes the order with the count of its preview, and waits for its end. The brake is on already, so
 * an error also states that.
 */
export async function holdAccounts(
  context: Context,
  asked: HoldsAsked,
  { actor, group }: { readonly actor: string; readonly group?: string },
): Promise<Answer> {
  try {
    return await made(context, { ...asked, actor });
  } catch (error) {
    const { exitCode, code, message } = cliErrorOf(error);
    const text = `the brake is on, and no order holds its accounts yet: ${message}`;
    throw new CliError(exitCode, code, text, holdCommand(group ?? null, asked.reason));
  }
}

async function made(
  context: Context,
  raw: HoldsAsked & { readonly actor: string },
): Promise<Answer> {
  const { fleetOrders } = context.world.source();
  for (let tries = 1; ; tries += 1) {
    const { count } = await fleetOrders.preview(raw);
    if (count === 0) {
      return { json: { order: null }, text: () => 'no account is connected, so none is held' };
    }
    try {
      const order = await fleetOrders.make({ ...raw, expected: count });
      return answerOf(await waited(context, order));
    } catch (error) {
      if (tries === TRIES || !isChanged(error)) throw error;
    }
  }
}

/** True if the order was refused because another number of accounts matches now. */
const isChanged = (error: unknown): boolean =>
  error instanceof CliError && error.code === 'order-changed';
