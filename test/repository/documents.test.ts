/** The documents list every denial and every error and are in one index. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FAILURE_TYPES } from '../../src/domain/account/refusals.js';
import { DENIAL_REASONS } from '../../src/domain/gate/gate.js';

const read = (file: string): string => readFileSync(file, 'utf8');
const documents = readdirSync('docs').filter((name) => name.endsWith('.md'));

/** Returns the names in the first column of each table of a section. */
function tablesIn(file: string, heading: string): readonly (readonly string[])[] {
  const section = read(file)
    .split(/^## /m)
    .find((one) => one.startsWith(`${heading}\n`));
  return (section ?? '')
    .split(/\n\n/)
    .filter((block) => block.startsWith('|'))
    .map((table) => [...table.matchAll(/^\| `([\w-]+)` +\|/gm)].map(([, name = '']) => name));
}

/** Returns the names of the HTTP server's own refusals, from its source. */
function kindsOfHttp(): readonly string[] {
  const files = readdirSync('src/http', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(path.join('src/http', name)));
  const found = files.flatMap((text) => [
    ...text.matchAll(/kind: '([a-z-]+)',\n\s+title/g),
    ...text.matchAll(/plain\(\s*\d{3},\s*'([a-z-]+)'/g),
    ...text.matchAll(/^ {2}(Alert\w+): '/gm),
  ]);
  return found.map(([, name = '']) => name);
}

it('docs/denials.md has every reason of a denial, in the order of the gate', () => {
  expect(tablesIn('docs/denials.md', 'Denials')).toEqual([DENIAL_REASONS]);
});

it('docs/denials.md has every type of error, and every refusal of the HTTP server', () => {
  const [types, kinds = []] = tablesIn('docs/denials.md', 'Errors');
  expect(types).toEqual(FAILURE_TYPES);
  expect(kindsOfHttp().length).toBeGreaterThan(8);
  expect(kinds.toSorted()).toEqual(kindsOfHttp().toSorted());
});

it('the index lists every document', () => {
  const index = read('docs/README.md');
  const others = documents.filter((name) => name !== 'README.md');
  expect(others.filter((name) => !index.includes(`(${name})`))).toEqual([]);
});

it('the on-call card fits on one page', () => {
  expect(read('docs/on-call.md').split('\n').length).toBeLessThan(45);
});
