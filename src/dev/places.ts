/** Where everything of a running stack is: for the person who started it, and for `safeband`. */
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isAlive } from './child.js';

export type Places = {
  readonly dashboardUrl: string;
  /** Null: there is one already, and it was shown when it was made. */
  readonly firstKey: string | null;
  readonly temporalUiUrl: string;
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  readonly linkedInUrl: string;
};

/** What a newcomer needs next, a line each. */
export const placesText = (places: Places): string =>
  [
    '',
    `Dashboard          ${places.dashboardUrl}`,
    places.firstKey === null
      ? '  its key          was shown at the first start; npx safeband keys makes another'
      : `  its key          ${places.firstKey}  (an operator's; shown only now)`,
    `API                ${places.dashboardUrl}/docs`,
    `Temporal UI        ${places.temporalUiUrl}/namespaces/default/workflows`,
    `Temporal           ${places.temporalAddress}  (its CLI: .safeband/bin/temporal)`,
    `Postgres           ${places.databaseUrl}  (select * from safeband.account_status)`,
    `LinkedIn simulator ${places.linkedInUrl}`,
  ].join('\n');

/** What `safeband` and the README's examples find a running stack of this folder by. */
export type RunningStack = {
  readonly pid: number;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly dashboardUrl: string;
};

const fileIn = (projectDir: string): string =>
  path.join(projectDir, '.safeband', 'data', 'stack.json');

/** Tells where the stack is, until what it answers is called; only this user may read it. */
export async function tellStack(
  projectDir: string,
  stack: Omit<RunningStack, 'pid'>,
  temporalCli: string,
): Promise<() => Promise<void>> {
  const bin = path.join(projectDir, '.safeband', 'bin');
  await mkdir(bin, { recursive: true });
  await rm(path.join(bin, 'temporal'), { force: true });
  await symlink(temporalCli, path.join(bin, 'temporal'));
  const file = fileIn(projectDir);
  await writeFile(file, JSON.stringify({ pid: process.pid, ...stack }), { mode: 0o600 });
  await chmod(file, 0o600);
  return () => rm(file, { force: true });
}

/** The stack that runs in this folder; undefined: none does. */
export async function findStack(projectDir: string): Promise<RunningStack | undefined> {
  const text = await readFile(fileIn(projectDir), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const stack: RunningStack = JSON.parse(text);
  return isAlive(stack.pid) ? stack : undefined;
}
