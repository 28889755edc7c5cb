/** Runs the command line in this process, and returns its output and exit code. */
import { inject } from 'vitest';
import { run } from '../../src/cli/run.js';
import type { Io } from '../../src/cli/io.js';
import { PATIENT } from './patience.js';
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
    ...PATIENT,
    ...more,
  });
  return { code, out: out.trimEnd(), err: err.trimEnd() };
}

/** Returns the settings of a stand: database, server and task queue. */
export const settingsOf = ({ databaseUrl, taskQueue }: Stand): Pick<Io, 'env' | 'taskQueue'> => ({
  env: { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: inject('temporalAddress'), TZ: 'UTC' },
  taskQueue,
});

/** Splits a shell line into words. Quotes keep words together, and a redirection ends the line. */
export const wordsOf = (line: string): readonly string[] =>
  [...line.replace(/\s*(>>?|2>|\|).*$/, '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
