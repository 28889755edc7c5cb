/** A rule broken on purpose: one text of the sources replaced, in a copy of them. */
import { cp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
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
export const scratch = path.join(project, '.safeband', `mutants-${process.pid}`);
let copies = 0;

/**
 * A copy of `src` and `migrations`, with that text replaced if one is named. A domain that stays as
 * it is is only linked, so that it is read once.
 */
export async function copyOfSources(mutant?: Mutant): Promise<string> {
  const folder = path.join(scratch, String((copies += 1)));
  const domain = path.join(project, 'src', 'domain');
  const isLinked = mutant !== undefined && !mutant.file.startsWith('src/domain/');
  for (const part of ['src', 'migrations']) {
    // A tsconfig.json extends one that is not beside the copy.
    const filter = (name: string): boolean =>
      !name.endsWith('tsconfig.json') && !(isLinked && name === domain);
    await cp(path.join(project, part), path.join(folder, part), { recursive: true, filter });
  }
  if (isLinked) await symlink(domain, path.join(folder, 'src', 'domain'));
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
