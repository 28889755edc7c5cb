/** Heap of a cached account: 200 of them, after 100 messages each. Run with --expose-gc. */
import type { WorkflowHandle } from '@temporalio/client';
import { createBench } from './stand.js';

const ACCOUNTS = 200;
const SENDS = 50;

function heapKiB(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1_024;
}

// Debug mode runs the sandboxes in this thread, where their heap can be read.
const bench = await createBench({ debugMode: true });
const warm = await bench.account();
const settled = async (account: WorkflowHandle): Promise<void> => {
  await account.query('status');
};
await settled(warm);
const before = heapKiB();
const accounts: WorkflowHandle[] = [];
for (let i = 0; i < ACCOUNTS; i += 1) accounts.push(await bench.account());
const bare = heapKiB();
for (let n = 0; n < SENDS; n += 1) {
  const reservationId = `r${n}`;
  await Promise.all(accounts.map((account) => account.signal('sendReserve', { reservationId })));
  await Promise.all(
    accounts.map((account) =>
      account.signal('sendDelivered', { reservationId, chatId: `chat-of-${n}` }),
    ),
  );
  process.stderr.write(
    `\r  heap: ${(n + 1) * 2} of ${SENDS * 2} messages to each of ${ACCOUNTS} accounts`,
  );
}
process.stderr.write('\n');
for (const account of accounts) await settled(account);
const after = heapKiB();
const each = (kib: number): number => Math.round(kib / ACCOUNTS);
process.stdout.write(
  `\n${JSON.stringify({ fresh: each(bare - before), after: each(after - before) })}\n`,
);
await bench.close();
process.exit();
