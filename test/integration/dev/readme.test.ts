/** The commands of README and documents work as described, in any shell, on the real servers. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startServer, type RunningServer } from '../../../src/server.js';
import { freshDatabase } from '../../support/stand.js';
import { startWorkerProcess } from '../../support/workerProcess.js';

let bin: string;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let worker: Awaited<ReturnType<typeof startWorkerProcess>>;
let server: RunningServer;
const id = `acme-${Date.now()}`;

beforeAll(async () => {
  database = await freshDatabase();
  worker = await startWorkerProcess(database.url);
  const settings = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    SAFEBAND_HTTP_PORT: '0',
  };
  server = await startServer(settings, pino({ level: 'silent' }));
  bin = await mkdtemp(path.join(tmpdir(), 'safeband-bin-'));
  await symlink(inject('temporalCli'), path.join(bin, 'temporal'));
  // `npx`, without a build and without asking any registry.
  const npx = `#!/bin/sh
name=$1; shift
[ "$name" = tsx ] || set -- src/cli/main.ts "$@"
exec "${process.execPath}" --import tsx --conditions=source "$@"
`;
  await writeFile(path.join(bin, 'npx'), npx);
  await chmod(path.join(bin, 'npx'), 0o755);
});
afterAll(async () => {
  await server.close();
  worker.kill('SIGTERM');
  await new Promise((resolve) => worker.once('exit', resolve));
  await database.drop();
  await rm(bin, { recursive: true });
});

/** Returns the commands of a section, one text for each block. */
async function blocksOf(file: string, heading: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8');
  const section = text.split(/^## /m).find((one) => one.startsWith(heading)) ?? '';
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
}

/** Runs a command as a new user would, with the servers of the test. */
async function typed(block: string): Promise<string> {
  const own = block
    .replaceAll(/acme-(ada|bob|anna)/g, `${id}-$1`)
    .replaceAll('http://127.0.0.1:8080', server.address)
    .replaceAll('$PWD/.safeband/bin', bin);
  const { stdout } = await promisify(execFile)('bash', ['-ec', own], {
    env: {
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      HOME: bin,
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      SAFEBAND_KEY: server.firstKey ?? '',
    },
  });
  return stdout;
}

it('the quick start leads to a reservation by curl, TypeScript and Temporal', async () => {
  const blocks = await blocksOf('docs/quick-start.md', 'Your first reservation');
  const [key = '', curl = '', typescript = '', temporal = '', check = '', ...more] = blocks;
  expect(more).toEqual([]);
  expect(key).toBe('export SAFEBAND_KEY=sb_…\n');
  expect(server.firstKey).toMatch(/^sb_/);
  const byCurl = (await typed(curl)).trim().split('\n');
  expect(byCurl.map((line): unknown => JSON.parse(line))).toMatchObject([
    { state: expect.any(String) },
    { granted: true, reservationId: 'by-curl-1' },
    { settled: 'delivered' },
    { counter: 1, delivered: 1 },
  ]);
  expect(JSON.parse(await typed(typescript))).toMatchObject({
    decision: { granted: true },
    counter: 2,
    delivered: 2,
  });
  const byTemporal = await typed(temporal);
  expect(byTemporal).toContain('granted:true');
  expect(byTemporal).toContain('"counter":1');
  const checked = await typed(check);
  expect(checked).toContain(`${id}-ada`);
  expect(checked).toContain('they agree');
});

it('docs/lifecycle.md reconciles an account by the Temporal CLI', async () => {
  const text = await readFile('docs/lifecycle.md', 'utf8');
  const block = /```sh\n(temporal[\s\S]*?)```/.exec(text)?.[1] ?? '';
  expect(await typed(block.replaceAll('acme-anna', 'acme-ada'))).toContain('healed:false');
});
