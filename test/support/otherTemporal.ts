/**
 * A new, empty Temporal for the accounts of a stand, as after the loss of the old one: another
 * namespace of the same server, with a worker that uses the stand's database.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import Long from 'long';
import { expect, inject } from 'vitest';
import { createActivities } from '../../src/activities/index.js';
import { NO_GROUP_DECISIONS } from '../../src/platform/groupDecisions.js';
import { registerAttributes } from '../../src/temporal/attributes.js';
import type { Stand } from './stand.js';

const DAY_SECONDS = 86_400;

export type OtherTemporal = {
  readonly client: Client;
  readonly taskQueue: string;
  readonly close: () => Promise<void>;
};

/** Makes the namespace, registers the search attributes in it, and starts a worker. */
export async function otherTemporal({ pool }: Pick<Stand, 'pool'>): Promise<OtherTemporal> {
  const namespace = `new-${randomUUID().slice(0, 8)}`;
  const address = inject('temporalAddress');
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: Long.fromNumber(DAY_SECONDS) },
  });
  // The server needs some moments for a new namespace.
  const register = () => registerAttributes({ connection, namespace }).catch(String);
  await expect.poll(register).toMatch(/registered/);
  const native = await NativeConnection.connect({ address });
  const taskQueue = `new-${randomUUID()}`;
  const create = () =>
    Worker.create({
      connection: native,
      namespace,
      taskQueue,
      workflowBundle: { codePath: inject('workflowBundlePath') },
      sinks: NO_GROUP_DECISIONS,
      activities: { ...createActivities({ pool }) },
    });
  const worker = await create();
  const done = worker.run();
  return {
    client: new Client({ connection, namespace }),
    taskQueue,
    close: async () => {
      worker.shutdown();
      await done;
      await native.close();
      await connection.close();
    },
  };
}
