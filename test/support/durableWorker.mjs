/** A worker of a pipeline with `inmailSend`, in a process that a test can kill. */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';

const {
  COMPILED: compiled,
  TEMPORAL_ADDRESS: address,
  CALLS: calls,
  QUEUE: taskQueue,
} = process.env;
const { createClient, safebandActivities, sendActivity, SendFailure } = await import(
  pathToFileURL(`${compiled}/client/index.js`).href
);
const client = new Client({ connection: await Connection.connect({ address }) });
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue,
  workflowsPath: `${compiled}/durable/index.js`,
  activities: {
    ...safebandActivities(createClient({ client, taskQueue: process.env.ACCOUNTS })),
    // The provider writes down each call before it answers.
    sendInmail: sendActivity(async ({ reservationId }) => {
      appendFileSync(calls, `${reservationId}\n`);
      await sleep(20);
      return { chatId: `chat-${reservationId}`, messageId: `message-${reservationId}` };
    }),
    refused: sendActivity(async () => {
      throw new SendFailure('rejected', 'there is no such member', undefined, 'errors/no_member');
    }),
    broken: sendActivity(async () => {
      throw new Error('the connection was lost');
    }),
  },
  maxConcurrentActivityTaskExecutions: 2,
  stickyQueueScheduleToStartTimeout: '500 ms',
});
process.stdout.write('ready\n');
await worker.run();
