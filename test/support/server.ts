/**
 * One Temporal server, one Postgres, one workflow bundle and one compilation of the sources for the
 * whole test run. Each test file clones a migrated template database, and has its own task queue and accounts.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startStack, type Stack } from '../../dev/stack.js';
import { migrate } from '../../src/postgres/migrate.js';
import { fileURLToPath } from 'node:url';
import { writeBundle } from './bundle.js';
import { compileSources } from './compiled.js';

declare module 'vitest' {
  interface ProvidedContext {
    temporalAddress: string;
    temporalCli: string;
    workflowBundlePath: string;
    /** The folder of the compiled entries. */
    compiledDir: string;
    postgresUrl: string;
    postgresTemplate: string;
  }
}

const TEMPLATE = 'safeband_template';
const projectDir = fileURLToPath(new URL('../..', import.meta.url));

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'safeband-test-'));
  await chmod(dataDir, 0o755); // as root, Postgres runs as another user
  const bundle = path.join(dataDir, 'workflows.js');
  // At once, because the servers wait for disks and ports while the other two compile.
  const [stack, compiledDir] = await Promise.all([
    startServers(dataDir),
    compileSources(projectDir),
    writeBundle(bundle),
  ]);
  project.provide('temporalAddress', stack.temporalAddress);
  project.provide('temporalCli', stack.temporalCli);
  project.provide('workflowBundlePath', bundle);
  project.provide('compiledDir', compiledDir);
  project.provide('postgresUrl', stack.databaseUrl);
  project.provide('postgresTemplate', TEMPLATE);
  return async () => {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}

/** Starts both servers, and makes the template of the databases. */
async function startServers(dataDir: string): Promise<Stack> {
  process.env['GOGC'] ??= '400'; // Temporal collects garbage less often: a twelfth less work
  const stack = await startStack({
    projectDir,
    dataDir,
    cacheDir: path.join(projectDir, '.safeband', 'cache'),
    databaseUrl: process.env['DATABASE_URL'],
    temporalCliPath: process.env['TEMPORAL_CLI_PATH'],
    isForTests: true,
    print: (line) => process.stderr.write(`${line}\n`),
  });
  const admin = new pg.Client({ connectionString: stack.databaseUrl });
  await admin.connect();
  await admin.query(`drop database if exists ${TEMPLATE}`);
  await admin.query(`create database ${TEMPLATE}`);
  await admin.end();
  const template = new URL(stack.databaseUrl);
  template.pathname = `/${TEMPLATE}`;
  await migrate(template.href);
  return stack;
}
