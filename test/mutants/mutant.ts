/** A mutant breaks a rule on purpose: in a copy of the sources, one text is replaced. */
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

export type Mutant<Check extends string = string> = {
  /** The rule of the contract that the mutant breaks. */
  readonly rule: string;
  readonly what: string;
  /** The path from the project's folder. */
  readonly file: string;
  readonly old: string;
  readonly mutated: string;
  /** The check that detects it. */
  readonly by: Check;
};

export const project = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the project, so that Node finds the packages. */
export const scratch = path.join(project, '.safeband', `mutants-${process.pid}`);
let copies = 0;

/**
 * Copies `src` and `migrations` with one text replaced. Only the broken file and the files that
 * import it are copied. All others are links, so that they are read and compiled once.
 */
export async function broken(mutant: Mutant): Promise<string> {
  const folder = path.join(scratch, String((copies += 1)));
  const { files, folders, importers } = await (unbroken ??= read());
  const copied = reaching(mutant.file, importers);
  await Promise.all(folders.map((name) => mkdir(path.join(folder, name), { recursive: true })));
  const place = (file: string, text: string): Promise<void> => {
    const target = path.join(folder, file);
    if (file === mutant.file) return writeFile(target, mutated(text, mutant));
    if (copied.has(file)) return writeFile(target, text);
    return symlink(path.join(project, file), target);
  };
  await Promise.all([...files].map(([file, text]) => place(file, text)));
  return folder;
}

type Sources = {
  readonly files: ReadonlyMap<string, string>;
  readonly folders: readonly string[];
  /** By file, those that import it. */
  readonly importers: ReadonlyMap<string, readonly string[]>;
};
/** Read once: a process breaks the same sources a hundred times. */
let unbroken: Promise<Sources> | undefined;

async function read(): Promise<Sources> {
  const files = new Map<string, string>();
  for (const part of ['src', 'migrations']) {
    for (const name of await readdir(path.join(project, part), { recursive: true })) {
      const file = path.posix.join(part, name);
      if (!/\.(ts|sql)$/.test(name)) continue;
      files.set(file, await readFile(path.join(project, file), 'utf8'));
    }
  }
  const importers = new Map<string, string[]>();
  for (const [name, text] of files) {
    const folder = path.posix.dirname(name);
    for (const [, specifier = ''] of text.matchAll(/'(\.{1,2}\/[^']*)\.js'/g)) {
      const target = `${path.posix.join(folder, specifier)}.ts`;
      importers.set(target, [...(importers.get(target) ?? []), name]);
    }
  }
  const folders = [...new Set([...files.keys()].map((file) => path.posix.dirname(file)))];
  return { files, folders, importers };
}

/** Returns the file and all files that import it, directly or through others. */
function reaching(file: string, importers: Sources['importers']): ReadonlySet<string> {
  const found = new Set([file]);
  for (const target of found) {
    for (const name of importers.get(target) ?? []) found.add(name);
  }
  return found;
}

/** Replaces a text. Throws if the text is missing or there twice, so that the list stays true. */
export function mutated(text: string, { file, old, mutated: instead }: Mutant): string {
  const [before, after, ...more] = text.split(old);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`${file}: this text should be there once: ${old}`);
  }
  return `${before}${instead}${after}`;
}

/** Returns a plugin of esbuild that replaces the text of the mutant. */
export const breaking = (mutant: Mutant): Plugin => ({
  name: 'mutant',
  setup(bundler): void {
    const file = path.join(project, mutant.file);
    // The name only: this function is called for each file that fits, by another process.
    const filter = new RegExp(`${path.basename(file).replaceAll('.', '\\.')}$`);
    bundler.onLoad({ filter }, async (found) =>
      found.path === file
        ? { contents: mutated(await readFile(file, 'utf8'), mutant), loader: 'ts' }
        : undefined,
    );
  },
});

export const dropCopies = (): Promise<void> => rm(scratch, { recursive: true, force: true });

/** Returns why the check failed, or undefined if it passed. Throws errors that are no assertions. */
export async function flawBy(check: () => unknown): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AssertionError') throw error;
    return error.message.split('\n')[0];
  }
}

/** Returns the list that a test prints: each mutant with the assertion that detected it. */
export const tableOf = (caught: ReadonlyMap<Mutant, string | undefined>): string =>
  [...caught]
    .map(([{ rule, what, by }, flaw]) => {
      const verdict = flaw === undefined ? 'NOT caught by' : 'caught by';
      return `${rule.padEnd(4)} ${what}\n       ${verdict}: ${by}\n`;
    })
    .join('');
