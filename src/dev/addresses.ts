/**
 * Where the development stack listens while it runs, kept for whoever else works in this project:
 * the command line needs no settings beside `safeband dev`.
 */
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { isAlive } from './child.js';
import type { Stack } from './stack.js';
import type { Environment } from '../platform/environment.js';

const FILE = fileURLToPath(new URL('../../.safeband/data/stack.json', import.meta.url));

type Addresses = {
  readonly pid: number;
  readonly temporalAddress: string;
  readonly databaseUrl: string;
};

/** Readable by its owner alone: the database's address has a password in it. */
export async function keepAddresses(stack: Stack, file = FILE): Promise<void> {
  const { temporalAddress, databaseUrl } = stack;
  const text = JSON.stringify({ pid: process.pid, temporalAddress, databaseUrl });
  await writeFile(file, text, { mode: 0o600 });
}
export const forgetAddresses = (file = FILE): Promise<void> => rm(file, { force: true });

/**
 * The environment, with the addresses of the development stack where it runs and nothing is set:
 * half of one deployment and half of another would be worse than none.
 */
export function withAddresses(env: Environment, file = FILE): Environment {
  const isSet = Object.keys(env).some((name) => /^(TEMPORAL_(?!CLI_PATH)|DATABASE_URL)/.test(name));
  const known = isSet ? undefined : read(file);
  if (!known) return env;
  return { ...env, TEMPORAL_ADDRESS: known.temporalAddress, DATABASE_URL: known.databaseUrl };
}

function read(file: string): Addresses | undefined {
  try {
    const known: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isAddresses(known) && isAlive(known.pid) ? known : undefined;
  } catch {
    return undefined;
  }
}

const isAddresses = (raw: unknown): raw is Addresses =>
  typeof raw === 'object' &&
  raw !== null &&
  'pid' in raw &&
  typeof raw.pid === 'number' &&
  'temporalAddress' in raw &&
  typeof raw.temporalAddress === 'string' &&
  'databaseUrl' in raw &&
  typeof raw.databaseUrl === 'string';
