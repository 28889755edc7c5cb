/** Calls about the account of a command; the error for an unknown account lists similar names. */
import type { Instant } from '../domain/primitives/time.js';
import type { StatusWire } from '../domain/wire/responses.js';
import { readStatus, type StatusRow } from '../postgres/read/reads.js';
import type { Context } from './command.js';
import { cliErrorOf } from './errors.js';

/** Returns the row of the account as of now; throws if there is none. */
export async function knownRow(context: Context, accountId: string): Promise<StatusRow> {
  const row = await readStatus(context.world.pool(), accountId, context.now());
  if (row) return row;
  throw await context.world.source().unknown(accountId);
}

/** Sends an order to an account; the error for an unknown account names the next command. */
export async function calling<T>(
  context: Context,
  accountId: string,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const known = cliErrorOf(error);
    if (known.code !== 'AccountUnknown') throw error;
    throw await context.world.source().unknown(accountId);
  }
}

/** An account is unverified until its first reconcile, which takes much less than a second. */
const FIRST_RUN_MS = 5_000;
const POLL_MS = 150;

/** Returns the status after the first reconcile, or the present status if that takes too long. */
export async function firstVerified<T extends Pick<StatusWire, 'verified'>>(
  now: () => Instant,
  read: () => Promise<T>,
): Promise<T> {
  const deadline = now() + FIRST_RUN_MS;
  for (;;) {
    const status = await read();
    if (status.verified || now() >= deadline) return status;
    await new Promise((resolve) => {
      setTimeout(resolve, POLL_MS);
    });
  }
}
