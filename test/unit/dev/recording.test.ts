/** `npm run histories` replaces the files of the shapes that it records, and no others. */
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fileOf, isOf } from '../../recording/fileNames.js';

const FILES = [
  'line.json.gz',
  'line-before-cancels.json.gz',
  'ends-1.json.gz',
  'ends-2.json.gz',
  'rows.jsonl',
];

it('a new recording of a shape replaces its own files, also if it has other runs now', () => {
  const replaced = (shape: string) => FILES.filter((file) => isOf(shape, file));
  expect(replaced('line')).toEqual(['line.json.gz']);
  expect(replaced('ends')).toEqual(['ends-1.json.gz', 'ends-2.json.gz']);
  for (const runs of [1, 2]) expect(isOf('ends', fileOf('ends', 1, runs))).toBe(true);
});

it('a recording of older behaviour is the file of no present shape', () => {
  const files = readdirSync('test/histories/0.2.0');
  expect(files).toContain('line-before-cancels.json.gz');
  expect(files.filter((file) => isOf('line', file))).toEqual(['line.json.gz']);
});
