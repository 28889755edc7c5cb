/** The command line in this process: what it prints, and what it ends with. */
import { inject } from 'vitest';
import { run } from '../../src/cli/run.js';
import type { Io } from '../../src/cli/io.js';
import type { Stand } from './stand.js';

export type Ended = { readonly code: number; readonly out: string; readonly err: string };

/** Runs `safeband <argv>` with those settings. */
export async function safeband(argv: readonly string[], more: Partial<Io> = {}): Promise<Ended> {
  let [out, err] = ['', ''];
  const code = await run(argv, {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    env: {},
    isTerminal: false,
    signal: new AbortController().signal,
    launch: async () => 0,
    ...more,
  });
  return { code, out: out.trimEnd(), err: err.trimEnd() };
}

/** The settings of a stand: its database, its server, the queue of its worker. */
export const settingsOf = ({ databaseUrl, taskQueue }: Stand): Pick<Io, 'env' | 'taskQueue'> => ({
  env: { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: inject('temporalAddress'), TZ: 'UTC' },
  taskQueue,
});

/** A line of a shell as its words; quotes hold words together, a redirection ends them. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.replace(/\s*(>>?|2>|\|).*$/, '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
