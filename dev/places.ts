/** Prints the addresses of a running stack, for the person who started it. */
import { mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';

export type Places = {
  readonly dashboardUrl: string;
  /** Undefined if a key exists already; it was shown when it was made. */
  readonly firstKey: string | undefined;
  readonly temporalUiUrl: string;
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  readonly linkedInUrl: string;
};

/** Returns the addresses, a line each. */
export const placesText = (places: Places): string =>
  [
    '',
    `Dashboard          ${places.dashboardUrl}`,
    places.firstKey === undefined
      ? '  its key          was shown at the first start; npx safeband keys makes another'
      : `  its key          ${places.firstKey}  (an operator's; shown only now)`,
    `API                ${places.dashboardUrl}/docs`,
    'Command line       npx safeband status',
    `Temporal UI        ${places.temporalUiUrl}/namespaces/default/workflows`,
    `Temporal           ${places.temporalAddress}  (its CLI: .safeband/bin/temporal)`,
    `Postgres           ${places.databaseUrl}  (select * from safeband.account_status)`,
    `LinkedIn simulator ${places.linkedInUrl}`,
  ].join('\n');

/** Links the stack's Temporal CLI as `.safeband/bin/temporal`. */
export async function linkTemporalCli(projectDir: string, temporalCli: string): Promise<void> {
  const bin = path.join(projectDir, '.safeband', 'bin');
  await mkdir(bin, { recursive: true });
  await rm(path.join(bin, 'temporal'), { force: true });
  await symlink(temporalCli, path.join(bin, 'temporal'));
}
