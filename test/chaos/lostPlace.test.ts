/**
 * With more accounts than a worker keeps in memory, Temporal's core may lose a task together with
 * its place in memory. The worker then ends, and the next one answers.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TASK_QUEUE } from '../../src/temporal/protocol.js';
import { run, sent, statusOf } from '../support/account.js';
import { createStand, type Stand } from '../support/stand.js';
import { startWorkerProcess, stop } from '../support/workerProcess.js';

let stand: Stand;
beforeAll(async () => {
  stand = await createStand({ taskQueue: TASK_QUEUE });
});
afterAll(() => stand.close());

it('a worker whose SDK lost a task ends with one sentence, and the next worker answers', async () => {
  let output = '';
  const preload = fileURLToPath(new URL('../support/loseTask.mjs', import.meta.url));
  const onOutput = (text: string): void => {
    output += text;
  };
  const worker = await startWorkerProcess(stand.databaseUrl, { preload, onOutput });
  const { account } = await sent(stand, 2);
  const ended = new Promise((resolve) => {
    worker.once('exit', resolve);
  });
  worker.kill('SIGHUP');
  expect(await ended).toBe(1);
  expect(output).toContain('Temporal lost a task of an account in the memory of this worker');
  const next = await startWorkerProcess(stand.databaseUrl);
  await run(account);
  expect(await statusOf(account)).toMatchObject({ counter: 2, state: 'active' });
  await stop(next);
});
