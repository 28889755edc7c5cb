/** Heap of a cached account: 200 of them, after 100 messages each. Run with --expose-gc. */
import type { WorkflowHandle } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusWire } from '../src/domain/wire.js';
import { createBench } from './stand.js';

const ACCOUNTS = 200;
const SENDS = 50;
const WARM = 50;
/** Accounts that are busy at once: not so many that the machine is. */
const CROWD = 20;

function heapKiB(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1_024;
}

// Debug mode runs the sandboxes in this thread, where their heap can be read.
const bench = await createBench({ debugMode: true });
const settled = async (account: WorkflowHandle): Promise<void> => {
  await account.query('status');
};
// What is loaded and compiled once is no account's own.
for (let i = 0; i < WARM; i += 1) await settled(await bench.account());
const before = heapKiB();
const accounts: WorkflowHandle[] = [];
for (let i = 0; i < ACCOUNTS; i += 1) accounts.push(await bench.account());
const bare = heapKiB();
/** A day of one account: each message is told, then everything is saved. */
async function spend(account: WorkflowHandle): Promise<void> {
  for (let n = 0; n < SENDS; n += 1) {
    const reservationId = `r${n}`;
    await account.signal('sendReserve', { reservationId });
    await account.signal('sendDelivered', { reservationId, chatId: `chat-of-${n}` });
  }
  while ((await account.query<StatusWire>('status')).unsaved > 0) await sleep(500);
}
for (let i = 0; i < ACCOUNTS; i += CROWD) {
  await Promise.all(accounts.slice(i, i + CROWD).map(spend));
  process.stderr.write(`\r  heap: ${i + CROWD} of ${ACCOUNTS} accounts had ${SENDS * 2} messages`);
}
process.stderr.write('\n');
const after = heapKiB();
const each = (kib: number): number => Math.round(kib / ACCOUNTS);
process.stdout.write(
  `\n${JSON.stringify({ fresh: each(bare - before), after: each(after - before) })}\n`,
);
await bench.close();
process.exit();
