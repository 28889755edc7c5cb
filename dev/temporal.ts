/** Starts a real Temporal server with its UI. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DevConfig } from './devConfig.js';
import { freePort, isOurs, ready, run, start, stop } from './child.js';

export type TemporalServer = {
  readonly address: string;
  readonly uiUrl: string;
  readonly stop: () => Promise<void>;
};

const READY_TIMEOUT_MS = 60_000;

/** Starts the server with the data of its last start; `extraArgs` come last. */
export async function startTemporal(options: {
  readonly cli: string;
  readonly config: DevConfig['temporal'];
  readonly dataDir: string;
  readonly port: number;
  readonly uiPort: number;
  readonly extraArgs?: readonly string[] | undefined;
  readonly print: (line: string) => void;
}): Promise<TemporalServer> {
  const { cli, config, dataDir, print } = options;
  await mkdir(dataDir, { recursive: true });
  const database = path.join(dataDir, 'temporal.db');
  const pidFile = path.join(dataDir, 'temporal.pid');
  await endLeftover(pidFile, database, print);
  const port = await freePort(options.port, 'Temporal', print);
  const uiPort = await freePort(options.uiPort, "Temporal's UI", print, [port]);
  const places = ['--ip=127.0.0.1', `--port=${port}`, `--ui-port=${uiPort}`];
  const child = start(cli, [
    ...config.args,
    ...places,
    `--db-filename=${database}`,
    ...(options.extraArgs ?? []),
  ]);
  await writeFile(pidFile, String(child.pid));
  const address = `127.0.0.1:${port}`;
  const isServing = async (): Promise<boolean> => {
    const health = ['operator', 'cluster', 'health', '--address', address];
    const { stdout } = await run(cli, health).catch(() => ({ stdout: '' }));
    return stdout.includes('SERVING');
  };
  await ready(child, 'Temporal', isServing, READY_TIMEOUT_MS);
  const halt = async (): Promise<void> => {
    await stop(child.pid, 'SIGTERM');
    await rm(pidFile, { force: true });
  };
  return { address, uiUrl: `http://127.0.0.1:${uiPort}`, stop: halt };
}

/** Ends the server that a killed launcher left behind: it would hold database and ports. */
async function endLeftover(
  pidFile: string,
  database: string,
  print: (line: string) => void,
): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
  if (await isOurs(pid, database)) {
    print(`ending the Temporal server that the last start left behind (process ${pid})`);
    await stop(pid, 'SIGTERM');
  }
  await rm(pidFile, { force: true });
}
