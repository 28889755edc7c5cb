/** Connects the accounts of a file, some at the same time, and reports what became of each line. */
import pLimit from 'p-limit';
import { SECOND_MS } from '../../domain/primitives/time.js';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartInput } from '../../client/inputs.js';
import { CliError, cliErrorOf, EXIT } from '../errors.js';
import type { AccountLine } from './accountLines.js';

/** Connects at the same time. Each starts a workflow, whose first reconcile needs Postgres. */
const AT_ONCE = 16;
/** How often a line is tried again while the server does not answer or has too many requests. */
const TRIES_MAX = 20;
const PAUSE_MS = 3 * SECOND_MS;

export type ImportedLine = {
  readonly line: number;
  readonly accountId: string;
  /**
   * `new` and `known`: a check without a fault, of an account that does not exist yet or does.
   * `refused`: nothing was changed, and `message` names the fault. `failed`: no answer came.
   */
  readonly result: 'new' | 'known' | 'connected' | 'refused' | 'failed';
  readonly message: string | null;
};

/** Returns the report of a check that changes nothing. `known` has the ids of all accounts. */
export const checked = (
  lines: readonly AccountLine[],
  known: ReadonlySet<string>,
): readonly ImportedLine[] =>
  lines.map(({ line, accountId, flaw, start }) => {
    if (flaw !== undefined) return { line, accountId, result: 'refused', message: flaw };
    if (!known.has(accountId)) return { line, accountId, result: 'new', message: null };
    const message =
      start.inmailsSentToday === undefined
        ? 'the account exists: its policy is set'
        : 'the account exists: its policy is set, and sent_today counts only at a start';
    return { line, accountId, result: 'known', message };
  });

/** Connects each line without a flaw. A repeated connect changes nothing, so it may be retried. */
export async function connectAll(
  lines: readonly AccountLine[],
  connect: (start: StartInput) => Promise<unknown>,
  { progress, signal }: { readonly progress: (done: number) => void; readonly signal: AbortSignal },
): Promise<readonly ImportedLine[]> {
  let done = 0;
  return pLimit(AT_ONCE).map(lines, async ({ line, accountId, flaw, start }) => {
    if (flaw !== undefined) return { line, accountId, result: 'refused', message: flaw } as const;
    const error = await tried(() => connect(start), signal);
    done += 1;
    progress(done);
    if (error === undefined)
      return { line, accountId, result: 'connected', message: null } as const;
    const result = error.exitCode === EXIT.unreachable ? 'failed' : 'refused';
    return { line, accountId, result, message: `${error.code}: ${error.message}` } as const;
  });
}

/** Returns the last error; undefined after a success. */
async function tried(
  work: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<CliError | undefined> {
  for (let tries = 1; ; tries += 1) {
    if (signal.aborted) return new CliError(EXIT.unreachable, 'Stopped', 'the import was stopped');
    try {
      await work();
      return undefined;
    } catch (error) {
      const known = cliErrorOf(error);
      const isAway = known.exitCode === EXIT.unreachable && known.code !== 'OtherVersion';
      if (!isAway || tries === TRIES_MAX) return known;
      await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
