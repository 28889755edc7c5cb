/**
 * A workflow that hears replies: the pipeline of a caller that is itself a workflow (`replyTo`).
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { inject } from 'vitest';

const CODE = `
import { condition, defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
export async function listener() {
  const heard = [];
  let isOver = false;
  setHandler(defineSignal('decided'), (decision) => { heard.push(decision); });
  setHandler(defineSignal('end'), () => { isOver = true; });
  setHandler(defineQuery('heard'), () => heard);
  await condition(() => isOver);
}`;

export type Listener = {
  readonly workflowId: string;
  readonly heard: () => Promise<readonly { granted: boolean; reservationId: string }[]>;
  readonly close: () => Promise<void>;
};

export async function startListener(client: Client): Promise<Listener> {
  const name = `listener-${randomUUID()}`;
  const home = path.join(process.cwd(), 'node_modules', '.cache-listener.mjs');
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
    heard: () => handle.query('heard'),
    close: async () => {
      await handle.signal('end');
      await handle.result();
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}
