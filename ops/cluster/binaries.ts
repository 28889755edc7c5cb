/** Finds the binaries of Temporal's server, which this project does not contain. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { SetupError } from '../../dev/devConfig.js';

export type Binaries = { readonly server: string; readonly sqlTool: string };

/** The version that the documents name. */
export const TRIED = 'v1.30.9';

const WANTED = {
  server: { setting: 'TEMPORAL_SERVER_PATH', name: 'temporal-server' },
  sqlTool: { setting: 'TEMPORAL_SQL_TOOL_PATH', name: 'temporal-sql-tool' },
} as const;

const isProgram = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

async function find(part: keyof typeof WANTED, environment: NodeJS.ProcessEnv) {
  const { setting, name } = WANTED[part];
  const own = environment[setting];
  if (own) {
    if (await isProgram(own)) return own;
    throw new SetupError(`${setting}=${own}: it should be the path of a program`);
  }
  for (const folder of (environment['PATH'] ?? '').split(path.delimiter)) {
    if (folder !== '' && (await isProgram(path.join(folder, name)))) return path.join(folder, name);
  }
  return undefined;
}

/** Returns both binaries. Throws a SetupError with what to install. */
export async function findBinaries(environment: NodeJS.ProcessEnv): Promise<Binaries> {
  const server = await find('server', environment);
  const sqlTool = await find('sqlTool', environment);
  if (server && sqlTool) return { server, sqlTool };
  throw new SetupError(missing(server === undefined, sqlTool === undefined));
}

/** Returns what to do about missing binaries. */
export function missing(isServerMissing: boolean, isToolMissing: boolean): string {
  const names = [
    ...(isServerMissing ? [WANTED.server.name] : []),
    ...(isToolMissing ? [WANTED.sqlTool.name] : []),
  ];
  return [
    `not found in PATH: ${names.join(', ')}.`,
    `Take both from a release of github.com/temporalio/temporal (tried: ${TRIED}), or build them`,
    'with Go (about 20 minutes on two cores):',
    '',
    `  GOTOOLCHAIN=go1.26.10 go install go.temporal.io/server/cmd/server@${TRIED}`,
    `  GOTOOLCHAIN=go1.26.10 go install go.temporal.io/server/cmd/tools/sql@${TRIED}`,
    `  export ${WANTED.server.setting}="$(go env GOPATH)/bin/server"`,
    `  export ${WANTED.sqlTool.setting}="$(go env GOPATH)/bin/sql"`,
  ].join('\n');
}
