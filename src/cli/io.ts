/** What a command may touch of the process it runs in: tests bring their own. */
import type { Environment } from '../platform/environment.js';

export type Io = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Environment;
  /** Is standard output a terminal: colours, and progress on stderr. */
  readonly isTerminal: boolean;
  /** Characters a line; undefined: it is no terminal. */
  readonly columns?: number | undefined;
  /** Ends what runs until it is stopped, such as `tail`. */
  readonly signal: AbortSignal;
  /** Runs one of our own programs in this terminal, such as `worker`, and answers its exit code. */
  readonly launch: (script: string, args: readonly string[]) => Promise<number>;
  /** The queue of the workers, where it is not the contract's: tests run workers of their own. */
  readonly taskQueue?: string;
};
