/** A rule broken on purpose: one text of the sources replaced, in a copy of them. */
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export type Mutant<Check extends string = string> = {
  /** The contract's rule that it breaks. */
  readonly rule: string;
  readonly what: string;
  /** Below the project's folder. */
  readonly file: string;
  readonly old: string;
  readonly mutated: string;
  /** The check that catches it. */
  readonly by: Check;
};

const project = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the project, so that its packages are found. */
const scratch = path.join(project, '.safeband', `mutants-${process.pid}`);
let copies = 0;

/** A copy of `src` and `migrations`, with that text replaced if one is named. */
export async function copyOfSources(mutant?: Mutant): Promise<string> {
  const folder = path.join(scratch, String((copies += 1)));
  for (const part of ['src', 'migrations']) {
    // A tsconfig.json extends one that is not beside the copy.
    const filter = (name: string): boolean => !name.endsWith('tsconfig.json');
    await cp(path.join(project, part), path.join(folder, part), { recursive: true, filter });
  }
  if (mutant) await mutate(folder, mutant);
  return folder;
}

/** A text that is no longer there, or there twice, fails the test: the list is to be kept true. */
async function mutate(folder: string, { file, old, mutated }: Mutant): Promise<void> {
  const target = path.join(folder, file);
  const [before, after, ...more] = (await readFile(target, 'utf8')).split(old);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`${file}: this text should be there once: ${old}`);
  }
  await writeFile(target, `${before}${mutated}${after}`);
}

export const dropCopies = (): Promise<void> => rm(scratch, { recursive: true, force: true });

/** Why a check said no; undefined: it found nothing wrong. Anything but an assertion is thrown. */
export async function flawBy(check: () => unknown): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AssertionError') throw error;
    return error.message.split('\n')[0];
  }
}

/** Mutant by mutant, what caught it: the list that a run prints. */
export const tableOf = (caught: ReadonlyMap<Mutant, string | undefined>): string =>
  [...caught]
    .map(([{ rule, what, by }, flaw]) => {
      const verdict = flaw === undefined ? 'NOT caught by' : 'caught by';
      return `${rule.padEnd(4)} ${what}\n       ${verdict}: ${by}\n`;
    })
    .join('');
