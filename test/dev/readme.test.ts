/** What README and docs show is what happens: their commands for any shell, on the real servers. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createStand, type Stand } from '../support/stand.js';

let stand: Stand;
let bin: string;
beforeAll(async () => {
  stand = await createStand();
  bin = await mkdtemp(path.join(tmpdir(), 'safeband-bin-'));
  await symlink(inject('temporalCli'), path.join(bin, 'temporal'));
});
afterAll(async () => {
  await stand.close();
  await rm(bin, { recursive: true });
});

it('reserves and delivers by the Temporal CLI', async () => {
  const commands = async (file: string, first: string): Promise<string> => {
    const text = await readFile(file, 'utf8');
    return new RegExp(`\`\`\`sh\n(${first}[\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? '';
  };
  const reconciling = await commands('docs/lifecycle.md', 'temporal');
  const script = (await commands('README.md', 'ACCOUNT=')) + reconciling;
  const id = stand.newAccount();
  const own = script
    .replaceAll('acme-anna', id)
    .replace('--task-queue inmail', `--task-queue ${stand.taskQueue}`);
  const env = {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: bin,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  };
  const { stdout } = await promisify(execFile)('bash', ['-ec', own], { env });
  expect(stdout).toContain('granted:true');
  expect(stdout).toContain('"counter":1');
  expect(stdout).toContain('healed:false');
  await expect
    .poll(async () => (await stand.handle(id).query<{ delivered: number }>('status')).delivered)
    .toBe(1);
});
