/**
 * Runs a command at another time and in another zone: `npm run at -- <instant> <zone> <command>`, or
 * `npm run at -- every <command>` for each instant in each zone below. Every process that the command
 * starts sees the same shifted clock, Temporal and Postgres too (see shift.c). The machine's own clock
 * is not touched.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export type Moment = { readonly instant: string; readonly zone: string };
export type Plan = { readonly moments: readonly Moment[]; readonly command: readonly string[] };

/** Midnights come within the first half minute of a run: the shortest command runs across them. */
export const INSTANTS = {
  'a Saturday at 03:00': '2026-11-28T03:00:00Z',
  'a Monday at 10:00': '2026-12-07T10:00:00Z',
  'across midnight': '2026-12-09T23:59:30Z',
  'from November to December': '2026-11-30T23:59:30Z',
  'across a new year': '2026-12-31T23:59:30Z',
  'from 28 to 29 February': '2028-02-28T23:59:30Z',
} as const;
export const ZONES = ['UTC', 'Asia/Tokyo', 'America/Los_Angeles'] as const;

const USAGE = `usage: npm run at -- <instant> <zone> <command>
       npm run at -- every <command>
such as: npm run at -- 2028-02-28T23:55:00Z Asia/Tokyo npm run test:unit`;

/** What the words of the command line ask for; a sentence if they cannot be read. */
export function planOf(words: readonly string[]): Plan | string {
  if (words[0] === 'every') {
    const command = words.slice(1);
    const moments = Object.values(INSTANTS).flatMap((instant) =>
      ZONES.map((zone) => ({ instant, zone })),
    );
    return command.length > 0 ? { moments, command } : USAGE;
  }
  const [instant = '', zone = '', ...command] = words;
  if (command.length === 0) return USAGE;
  if (!/T.*(Z|[+-]\d\d:\d\d)$/.test(instant) || Number.isNaN(Date.parse(instant))) {
    return `${instant} should be an instant with its offset, such as 2028-02-28T23:55:00Z`;
  }
  if (!isZone(zone)) return `${zone} should be an IANA time zone, such as Asia/Tokyo`;
  return { moments: [{ instant, zone }], command };
}

function isZone(zone: string): boolean {
  try {
    return zone !== '' && Boolean(new Intl.DateTimeFormat('en', { timeZone: zone }));
  } catch {
    return false;
  }
}

/** What this machine lacks; undefined if the clock can be shifted here. */
export function lacking(platform: string, hasCompiler: boolean): string | undefined {
  if (platform !== 'linux-x64') {
    return `the clock can be shifted on linux-x64 only, and this is ${platform}; use a virtual machine`;
  }
  return hasCompiler ? undefined : 'a C compiler is needed, as the command cc: apt-get install gcc';
}

const here = path.dirname(fileURLToPath(import.meta.url));

function compiled(): string {
  const dir = path.join(here, '..', '..', '.safeband', 'cache');
  const binary = path.join(dir, 'shift');
  mkdirSync(dir, { recursive: true });
  const { status, stderr } = spawnSync('cc', ['-O2', '-o', binary, path.join(here, 'shift.c')]);
  if (status === 0 && existsSync(binary)) return binary;
  throw new Error(`test/clock/shift.c does not compile: ${String(stderr)}`);
}

/** Runs the command at that moment; resolves with its exit code. */
function runAt(binary: string, { instant, zone }: Moment, command: readonly string[]) {
  const shift = Math.round((Date.parse(instant) - Date.now()) / 1_000);
  const child = spawn(binary, [String(shift), ...command], {
    stdio: 'inherit',
    env: { ...process.env, TZ: zone },
  });
  return new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function main(): Promise<number> {
  const report = (line: string): void => void process.stderr.write(`${line}\n`);
  const plan = planOf(process.argv.slice(2));
  if (typeof plan === 'string') {
    report(plan);
    return 2;
  }
  const hasCompiler = spawnSync('cc', ['--version']).status === 0;
  const why = lacking(`${process.platform}-${process.arch}`, hasCompiler);
  if (why !== undefined) {
    report(why);
    return 2;
  }
  const binary = compiled();
  const results: string[] = [];
  let failed = 0;
  for (const moment of plan.moments) {
    const name = `${moment.instant} in ${moment.zone}`;
    report(`--- ${name}`);
    const code = await runAt(binary, moment, plan.command);
    if (code !== 0) failed += 1;
    results.push(`${code === 0 ? 'passed' : `failed (${code})`}: ${name}`);
  }
  if (plan.moments.length > 1) report(results.join('\n'));
  return failed === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
