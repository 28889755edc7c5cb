/**
 * Finds the running development stack, so that the command line needs no settings for it.
 * The launcher of the stack writes the file, in a clone of the project.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../platform/environment.js';

export function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

export const FILE = fileURLToPath(new URL('../../.safeband/data/stack.json', import.meta.url));

type Addresses = {
  readonly pid: number;
  readonly temporalAddress: string;
  readonly databaseUrl: string;
};

const SETS_ADDRESS = /^(TEMPORAL_(?!CLI_PATH)|DATABASE_URL|SAFEBAND_URL)/;

/**
 * Adds the addresses of the development stack if it runs and the environment has no address. A
 * mixture of two deployments would be worse than an error.
 */
export function withAddresses(env: Environment, file = FILE): Environment {
  const isSet = Object.keys(env).some((name) => SETS_ADDRESS.test(name));
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
