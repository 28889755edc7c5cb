/** Reads the account of a command; the error for an unknown account lists similar names. */
import { commandLine } from '../domain/primitives/commandLine.js';
import type { Instant } from '../domain/primitives/time.js';
import type { StatusWire } from '../domain/wire/responses.js';
import { knowing, type Answered, type Unanswered } from '../status/readStatus.js';
import { readStatus, type StatusRow } from '../postgres/read/reads.js';
import { similarAccounts } from '../postgres/read/similar.js';
import type { Context } from './command.js';
import { CliError, cliErrorOf, EXIT } from './errors.js';

/** Returns the row of the account as of now; throws if there is none. */
export async function knownRow(context: Context, accountId: string): Promise<StatusRow> {
  const row = await readStatus(context.world.pool(), accountId, context.now());
  if (row) return row;
  throw await unknownAccount(context, accountId);
}

/** Why the workflow did not answer, with the error of the call. */
export type Failed = Unanswered & { readonly error: unknown };

/** Asks the workflow for the status. Throws the errors that are not about its reach. */
export async function askWorkflow(
  { world, now }: Context,
  accountId: string,
): Promise<Answered | Failed> {
  const readAt = now();
  try {
    const client = await world.client();
    const answer = knowing({ status: await client.status(accountId), readAt });
    return 'why' in answer ? { ...answer, error: new Error(answer.message) } : answer;
  } catch (error) {
    const { exitCode, message } = cliErrorOf(error);
    if (exitCode === EXIT.unreachable) return { why: 'away', message, error };
    if (exitCode === EXIT.unknown) return { why: 'ended', message, error };
    throw error;
  }
}

/** Calls the workflow of an account; the error for an unknown account names the next command. */
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
    throw await unknownAccount(context, accountId);
  }
}

/**
 * Returns the error for an account that does not run: never connected, disconnected, misspelt, or
 * without its workflow. People paste the suggested command unchanged, so it names the stored tier:
 * a higher tier would raise the cap.
 */
async function unknownAccount({ world }: Context, accountId: string): Promise<CliError> {
  const fail = (message: string, next: string): CliError =>
    new CliError(EXIT.unknown, 'AccountUnknown', message, next);
  const connect = (tier = '<tier>'): string =>
    commandLine('connect', [accountId], `--tier ${tier}`);
  try {
    const { row, isEmpty, similar: all } = await similarAccounts(world.pool(), accountId);
    const same = all.filter((id) => id.toLowerCase() === accountId.toLowerCase());
    const similar = same.length > 0 ? same : all;
    if (row?.state === 'disconnected') {
      return fail(
        `account ${accountId} is disconnected: it accepts no commands`,
        connect(row.tier),
      );
    }
    if (row) {
      const text = `account ${accountId} is connected, but its workflow does not run`;
      return fail(text, 'safeband doctor');
    }
    if (isEmpty)
      return fail(`no account is connected yet, so ${accountId} does not exist`, connect());
    const [first] = similar;
    return first === undefined
      ? fail(`there is no account ${accountId}`, 'safeband status')
      : fail(
          `there is no account ${accountId}; did you mean ${similar.join(' or ')}?`,
          commandLine('status', [first]),
        );
  } catch {
    return fail(`account ${accountId} is not connected`, connect());
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
