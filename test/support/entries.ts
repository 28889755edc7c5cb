/** Starts the entries of the project as processes, and reads their output and exit code. */
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { expect, inject } from 'vitest';

export type Entry = 'worker' | 'server' | 'migrate' | 'replay';
export type Started = {
  readonly child: ChildProcess;
  readonly output: () => string;
  ended: Promise<unknown>;
};

export function start(entry: Entry, env: Record<string, string>): Started {
  const args = [
    path.join(inject('compiledDir'), `${entry}.js`),
    ...(entry === 'replay' ? ['nowhere', '--live'] : []),
  ];
  const child = spawn(process.execPath, args, {
    env: {
      PATH: process.env['PATH'],
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      SAFEBAND_HTTP_PORT: '0',
      SAFEBAND_START_WAIT_SECONDS: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const ended = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
  return { child, output: () => output, ended };
}
export const prints = (started: Started, word: string): Promise<void> =>
  expect.poll(started.output).toContain(word);

/** A start that a busy machine did not answer in time tries again, and reports it. */
const WAITS = /^\{.*"event":"\w+\.waiting"|; trying again for \d+ s$/;
/** Returns the one sentence of an entry: a line for a person, or the `why` of one log line. */
export function sentenceOf(output: string): string {
  const lines = output
    .trim()
    .split('\n')
    .filter((line) => !/^(the database is|warning|search|sched|recorded: 0)/.test(line))
    .filter((line) => !WAITS.test(line));
  expect(lines).toHaveLength(1);
  const [line = ''] = lines;
  if (!line.startsWith('{')) return line;
  const logged: { readonly why: string } = JSON.parse(line);
  return logged.why;
}
