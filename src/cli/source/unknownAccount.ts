/** The error for an account that does not run; it lists similar names. */
import { commandLine } from '../../domain/primitives/commandLine.js';
import type { Pool } from '../../postgres/pool.js';
import { similarAccounts } from '../../postgres/read/similar.js';
import { CliError, EXIT } from '../errors.js';

/**
 * Returns the error for an account that does not run: never connected, disconnected, misspelt, or
 * without its workflow. People paste the suggested command unchanged, so it names the stored tier:
 * a higher tier would raise the cap.
 */
export async function unknownAccount(pool: () => Pool, accountId: string): Promise<CliError> {
  const fail = (message: string, next: string): CliError =>
    new CliError(EXIT.unknown, 'AccountUnknown', message, next);
  const connect = (tier = '<tier>'): string =>
    commandLine('connect', [accountId], `--tier ${tier}`);
  try {
    const { row, isEmpty, similar: all } = await similarAccounts(pool(), accountId);
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
