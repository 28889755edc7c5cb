/** `npm run dev`: a change of a file is found, and an entry runs again with it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRestartable } from '../../../dev/entry.js';
import { watchFiles } from '../../../dev/watch.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'watch-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const PATIENCE = { timeout: 90_000 };

it('a file that is changed, added, replaced or deleted is one change each', async () => {
  const file = path.join(folder, 'deep', 'a.ts');
  await mkdir(path.dirname(file));
  await writeFile(file, 'one');
  const ending = new AbortController();
  let changes = 0;
  const onChange = async (): Promise<void> => void (changes += 1);
  const watching = watchFiles({ folders: [folder], onChange, signal: ending.signal });
  const actions = [
    () => writeFile(file, 'another'),
    () => writeFile(path.join(folder, 'new.ts'), 'new'),
    () => rm(file),
    () => writeFile(file, 'another'),
  ];
  // The watch begins with a check, which may come after the first write: that one is repeated.
  await expect
    .poll(async () => {
      await writeFile(file, `one ${Date.now()}`);
      return changes;
    }, PATIENCE)
    .toBeGreaterThan(0);
  for (const action of actions) {
    const before = changes;
    await action();
    await expect.poll(() => changes, PATIENCE).toBeGreaterThan(before);
  }
  ending.abort();
  await watching;
});

it('a change that comes during a build is built as well', async () => {
  const file = path.join(folder, 'a.ts');
  const ending = new AbortController();
  const built: number[] = [];
  const onChange = async (): Promise<void> => {
    built.push(built.length);
    if (built.length < 3) await writeFile(file, 'x'.repeat(built.length));
    else ending.abort();
  };
  const watching = watchFiles({ folders: [folder], onChange, signal: ending.signal });
  await expect
    .poll(async () => {
      if (built.length === 0) await writeFile(file, `first ${Date.now()}`);
      return built.length;
    }, PATIENCE)
    .toBe(3);
  await watching;
});

const entryIn = (script: string) => ({
  name: 'entry',
  script,
  dataDir: folder,
  env: {},
  readyWhen: 'entry.started',
  print: () => undefined,
});
/** A program that reports by a file which version of it runs. */
const program = (version: string): string => `
  const fs = require('node:fs');
  fs.writeFileSync(${JSON.stringify(path.join(folder, 'version'))}, '${version}');
  process.stderr.write('entry.started');
  setInterval(() => undefined, 1_000);
`;

it('an entry restarts with the changed file, also after a restart that failed', async () => {
  const version = (): Promise<string> => readFile(path.join(folder, 'version'), 'utf8');
  const script = path.join(folder, 'entry.cjs');
  await writeFile(script, program('one'));
  const entry = await startRestartable(entryIn(script));
  expect(await version()).toBe('one');
  await writeFile(script, 'process.exit(3)');
  await expect(entry.restart()).rejects.toThrow('exit code 3');
  await writeFile(script, program('two'));
  await entry.restart();
  expect(await version()).toBe('two');
  await entry.halt();
  await writeFile(script, program('three'));
  await entry.restart();
  expect(await version()).toBe('two'); // halted, it does not come back
});
