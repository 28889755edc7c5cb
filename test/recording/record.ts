/**
 * `npm run histories` plays each shape with the present workflows, and writes its histories to
 * test/histories/<version>, without names of machines. Files of no present shape stay: they show
 * what older workflows of the version did, and must replay, too.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { expect, it } from 'vitest';
import { createStand, type Stand } from '../support/stand.js';
import { fileOf, isOf } from './fileNames.js';
import { MESSAGE_SHAPES } from './messageShapes.js';
import { SHAPES } from './shapes.js';

/** `HISTORIES=0.2.0 SHAPES=backlog,replies` adds only these shapes to that folder. */
const ONLY = process.env['SHAPES']?.split(',');
const ALL = Object.entries({ ...SHAPES, ...MESSAGE_SHAPES });

const home = fileURLToPath(new URL('../..', import.meta.url));

/** Fields with the machine or its paths. A sticky queue has the name of its worker's machine. */
const MACHINE: Readonly<Record<string, unknown>> = { identity: 'recorded', stackTrace: '' };
const scrubbed = (key: string, value: unknown): unknown =>
  isSticky(value) ? { ...value, name: 'sticky' } : (MACHINE[key] ?? value);
const isSticky = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  value.kind === 'TASK_QUEUE_KIND_STICKY';

/** All runs of a workflow, oldest first. */
async function runsOf({ client }: Stand, account: WorkflowHandle): Promise<readonly string[]> {
  const runs: string[] = [];
  const query = `WorkflowId = '${account.workflowId}'`;
  await expect
    .poll(async () => {
      const { count } = await client.workflow.count(query);
      return count;
    })
    .toBeGreaterThan(0);
  const found = [];
  for await (const run of client.workflow.list({ query })) found.push(run);
  for (const { runId } of found.toSorted((a, b) => Number(a.startTime) - Number(b.startTime))) {
    const history = await client.workflow.getHandle(account.workflowId, runId).fetchHistory();
    runs.push(JSON.stringify(JSON.parse(historyToJSON(history)), scrubbed));
  }
  return runs;
}

it('records each shape', async () => {
  const { version }: { version: string } = JSON.parse(
    await readFile(path.join(home, 'package.json'), 'utf8'),
  );
  const folder = path.join(home, 'test', 'histories', process.env['HISTORIES'] ?? version);
  const away = new Set<string>();
  const stand = await createStand({
    activities: (real) => ({
      save: async (rows) => {
        if (away.has(rows.row.accountId)) throw new Error('the database is away');
        return real.save(rows);
      },
    }),
  });
  try {
    const lived = await Promise.all(
      ALL.filter(([name]) => ONLY?.includes(name) ?? true).map(async ([name, shape]) => {
        const account = await shape({ stand, away }, stand.newAccount(name));
        return [name, await runsOf(stand, account)] as const;
      }),
    );
    expect(lived.every(([, runs]) => runs.length > 0)).toBe(true);
    await mkdir(folder, { recursive: true });
    const old = await readdir(folder);
    for (const [name, runs] of lived) {
      for (const file of old.filter((one) => isOf(name, one))) await rm(path.join(folder, file));
      for (const [n, run] of runs.entries()) {
        const file = fileOf(name, n + 1, runs.length);
        await writeFile(path.join(folder, file), gzipSync(run, { level: 9 }));
        process.stdout.write(`${file.padEnd(24)} ${run.length} characters\n`);
      }
    }
  } finally {
    await stand.close();
  }
});
