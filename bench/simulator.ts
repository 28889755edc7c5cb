/**
 * Measures the steps a second of the seeded simulator (test/simulation) on one core, with the built
 * code. A step is one event of one account; after each the invariants are checked. Needs no server.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Line } from './latency.js';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = path.join(PROJECT, '.safeband', 'simulator');
/** Worlds that are played before the measurement, and in each block of it. */
const WARM = 2_000;
const BLOCK = 250;
const BLOCKS = 12;

/** Measures in a process of its own: tsc's code, without the wrappers that tsx adds to functions. */
export async function stepsPerSecond(): Promise<readonly Line[]> {
  const run = promisify(execFile);
  const tsc = path.join(PROJECT, 'node_modules', '.bin', 'tsc');
  await run(tsc, ['-p', PROJECT, '--noEmit', 'false', '--sourceMap', 'false', '--outDir', BUILT]);
  const script = path.join(BUILT, 'bench', 'simulator.js');
  const { stdout } = await run(process.execPath, [script, BUILT], { maxBuffer: 1e8 });
  const measured: Measured = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  const count = (value: number): string => Math.round(value).toLocaleString('en');
  return [
    ['simulator, steps a second of one core', count(measured.aCpuSecond), '200,000'],
    ['simulator, steps a second on this machine as busy as it is', count(measured.aSecond), ''],
    ['simulator, steps of a world of 3 account-days', count(measured.aWorld), ''],
  ];
}

type Measured = {
  /** The median of the blocks: by CPU time, and by the clock. */
  readonly aCpuSecond: number;
  readonly aSecond: number;
  readonly aWorld: number;
};

async function measure(built: string): Promise<Measured> {
  const { loadDomain, simulate } = await import('../test/simulation/index.js');
  const domain = await loadDomain(path.join(built, 'src', 'domain'));
  const play = (from: number, count: number): number => {
    let steps = 0;
    for (let seed = from; seed < from + count; seed += 1) {
      const outcome = simulate(domain, seed);
      if (outcome.failure) throw new Error(`seed ${seed}: ${outcome.failure.message}`);
      steps += outcome.steps;
    }
    return steps;
  };
  play(1, WARM);
  const blocks = Array.from({ length: BLOCKS }, (_, n) => {
    const [clock, cpu] = [performance.now(), process.cpuUsage()];
    const steps = play(1 + WARM + n * BLOCK, BLOCK);
    const { user, system } = process.cpuUsage(cpu);
    return {
      aCpuSecond: (steps * 1e6) / (user + system),
      aSecond: (steps * 1e3) / (performance.now() - clock),
      aWorld: steps / BLOCK,
    };
  });
  const middle = (of: (block: Measured) => number): number =>
    blocks.map(of).toSorted((a, b) => a - b)[Math.floor(BLOCKS / 2)] ?? 0;
  return {
    aCpuSecond: middle((block) => block.aCpuSecond),
    aSecond: middle((block) => block.aSecond),
    aWorld: middle((block) => block.aWorld),
  };
}

const [, script, built] = process.argv;
if (built && script && import.meta.url === pathToFileURL(script).href) {
  process.stdout.write(`${JSON.stringify(await measure(built))}\n`);
}
