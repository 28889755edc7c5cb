/** A workflow that receives replies, as the pipeline of a caller that is a workflow (`replyTo`). */
import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { inject } from 'vitest';
import { query } from './calls.js';

const CODE = `
import { condition, defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
export async function listener() {
  const received = [];
  let isOver = false;
  setHandler(defineSignal('decided'), (decision) => { received.push(decision); });
  setHandler(defineSignal('end'), () => { isOver = true; });
  setHandler(defineQuery('received'), () => received);
  await condition(() => isOver);
}`;

export type Listener = {
  readonly workflowId: string;
  readonly received: () => Promise<readonly { granted: boolean; reservationId: string }[]>;
  readonly close: () => Promise<void>;
};

export async function startListener(client: Client): Promise<Listener> {
  const name = `listener-${randomUUID()}`;
  const home = path.join(process.cwd(), 'node_modules', `.cache-${name}.mjs`);
  writeFileSync(home, CODE);
  const connection = await NativeConnection.connect({ address: inject('temporalAddress') });
  const worker = await Worker.create({ connection, taskQueue: name, workflowsPath: home });
  const running = worker.run();
  const handle: WorkflowHandle = await client.workflow.start('listener', {
    workflowId: name,
    taskQueue: name,
  });
  return {
    workflowId: name,
    received: () => query(handle, 'received'),
    close: async () => {
      await handle.signal('end');
      await handle.result();
      worker.shutdown();
      await running;
      await connection.close();
      rmSync(home);
    },
  };
}
