/** One bundle of many changed workflows: each change is a separate workflow type. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { broken, scratch, type Mutant } from '../mutants/mutant.js';
import { writeBundle } from './bundle.js';

export type Change = Pick<Mutant, 'what' | 'file' | 'old' | 'mutated'>;

const timers = (is: string): Change => ({
  what: `each alarm arms a second timer${is && ', in runs that begin with this build'}`,
  file: 'src/workflows/alarm.ts',
  old: "import { sleep } from '@temporalio/workflow';",
  mutated: `import { patched, sleep as once } from '@temporalio/workflow';
const sleep = (ms: number, options: object) => {
  ${is} void once(ms + 1_000, { summary: 'the second timer' });
  return once(ms, options);
};`,
});
/** Changes the order of commands, so that no recorded history can continue. */
export const SECOND_TIMERS = timers('');
/** Makes the same change in the compatible way, with `patched`. */
export const PATCHED_TIMERS = timers("if (patched('second-timers'))");

/** Writes the bundle and returns its path. The list has the names of the types. */
export async function bundleOf(changes: Readonly<Record<string, Change>>): Promise<string> {
  const lines = await Promise.all(
    Object.entries(changes).map(
      async ([type, change]) =>
        `export { inmailAccount as ${type} } from ${await homeOf(change)};\n`,
    ),
  );
  return written(Object.keys(changes).join('-'), lines.join(''));
}

/** Writes the bundle of a build with the change, under the real names of the types. */
export const buildOf = async (change: Change): Promise<string> =>
  written('build', `export * from ${await homeOf(change)};\n`);

/** Returns the import path of the changed workflows. */
async function homeOf(change: Change): Promise<string> {
  const sources = await broken({ rule: '-', by: '-', ...change });
  return JSON.stringify(path.join(sources, 'src', 'workflows', 'index.ts'));
}

async function written(name: string, entry: string): Promise<string> {
  await mkdir(scratch, { recursive: true });
  await writeFile(path.join(scratch, `${name}.ts`), entry);
  const bundle = path.join(scratch, `${name}.js`);
  await writeBundle(bundle, path.join(scratch, `${name}.ts`));
  return bundle;
}
