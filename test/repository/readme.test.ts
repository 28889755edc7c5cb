/** The README and the benchmarks' README show what the repository has. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const read = (file: string): string => readFileSync(file, 'utf8');

it('The pipeline of the README is the whole example file.', () => {
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(read('README.md')) ?? [];
  expect(shown).toBe(read('examples/pipeline.ts'));
});

it('The example of docs/unipile.md is the whole example file.', () => {
  const [, shown] = /```ts\n([\s\S]*?)```/.exec(read('docs/unipile.md')) ?? [];
  expect(shown).toBe(read('examples/unipile.ts'));
});

it('The figures stand in one place, the README of the benchmarks.', () => {
  expect(read('bench/README.md')).toContain('heap of a cached account');
  expect(read('README.md')).not.toMatch(/\d KiB/u);
});
