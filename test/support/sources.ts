/** The sources as texts: the name of each file and its imports. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const SRC = fileURLToPath(new URL('../../src', import.meta.url));

export type File = { readonly name: string; readonly text: string };
/** The files of `src`, named from `src`, and the files of `dev`, named from the root. */
export const filesIn = (folder: string, prefix: string): readonly File[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => ({
      name: `${prefix}${name}`,
      text: readFileSync(path.join(folder, name), 'utf8'),
    }));
export const sources = filesIn(SRC, '');
export const files = [...sources, ...filesIn(path.join(SRC, '..', 'dev'), 'dev/')];

export const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');

/** Returns all imports of a file: on one or several lines, re-exported, or dynamic. */
export function importsIn(text: string): readonly string[] {
  const code = withoutComments(text);
  const found = code.matchAll(/(?:(?<!['"])\bfrom|^import|\bimport\()\s*['"]([^'"]+)['"]/gm);
  return [...found].map(([, name]) => name ?? '');
}

/** Resolves an import: `../domain/time.js` in `workflows/accountRun.ts` is `domain/time`. */
export function placeOf(name: string, file: string): string {
  if (!name.startsWith('.')) return name;
  const place = path.posix.join(path.posix.dirname(file), name).replace(/\.js$/, '');
  return file.startsWith('dev/') ? place.replace(/^src\//, '') : place;
}
