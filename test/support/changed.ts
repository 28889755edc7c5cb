/** Bundles of changed workflows, side by side in one: each change is a workflow type of its own. */
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
/** Commands in another order, so that none of our histories can continue with it. */
export const SECOND_TIMERS = timers('');
/** The same, in the way that is compatible. */
export const PATCHED_TIMERS = timers("if (patched('second-timers'))");

/** Writes the bundle, and answers with its path; types are named as the list does. */
export async function bundleOf(changes: Readonly<Record<string, Change>>): Promise<string> {
  const lines = await Promise.all(
    Object.entries(changes).map(
      async ([type, change]) =>
        `export { inmailAccount as ${type} } from ${await homeOf(change)};\n`,
    ),
  );
  return written(Object.keys(changes).join('-'), lines.join(''));
}

/** The bundle of a build that has the change; its types are ours. */
export const buildOf = async (change: Change): Promise<string> =>
  written('build', `export * from ${await homeOf(change)};\n`);

/** Where the changed workflows are, as an import names it. */
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
