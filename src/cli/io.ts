/** The parts of the process that a command may use; tests replace them. */
import type { Environment } from '../platform/environment.js';

export type Io = {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Environment;
  /** True if standard output is a terminal: then there are colours, and progress on stderr. */
  readonly isTerminal: boolean;
  /** Characters per line; undefined if it is no terminal. */
  readonly columns?: number | undefined;
  /** Stops a command that runs without end, such as `tail`. */
  readonly signal: AbortSignal;
  /** Runs one of our own programs in this terminal, such as `worker`; returns its exit code. */
  readonly launch: (script: string, args: readonly string[]) => Promise<number>;
  /** Another task queue than the contract's: tests run their own workers. */
  readonly taskQueue?: string;
  /** How long an account may take to answer, instead of the client's five seconds. */
  readonly deadlineMs?: number;
};
