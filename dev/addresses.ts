/**
 * Where the development stack listens while it runs, kept for whoever else works in this project:
 * the command line needs no settings beside `safeband dev`.
 */
import { rm, writeFile } from 'node:fs/promises';
import type { Stack } from './stack.js';
import { FILE } from '../src/cli/runningStack.js';

/** Readable by its owner alone: the database's address has a password in it. */
export async function keepAddresses(stack: Stack, file = FILE): Promise<void> {
  const { temporalAddress, databaseUrl } = stack;
  const text = JSON.stringify({ pid: process.pid, temporalAddress, databaseUrl });
  await writeFile(file, text, { mode: 0o600 });
}
export const forgetAddresses = (file = FILE): Promise<void> => rm(file, { force: true });
