/**
 * Keeps in a file where the running development stack listens, so that the command line needs no
 * settings while `safeband dev` runs.
 */
import { rm, writeFile } from 'node:fs/promises';
import type { Stack } from './stack.js';
import { FILE } from '../src/cli/runningStack.js';

/** Writes the file. Only its owner may read it: the database's address contains a password. */
export async function keepAddresses(stack: Stack, file = FILE): Promise<void> {
  const { temporalAddress, databaseUrl } = stack;
  const text = JSON.stringify({ pid: process.pid, temporalAddress, databaseUrl });
  await writeFile(file, text, { mode: 0o600 });
}
export const forgetAddresses = (file = FILE): Promise<void> => rm(file, { force: true });
