/**
 * Your own first reservation, in TypeScript: ask for a slot, report its outcome, read the two numbers.
 * Run it while `npm start` runs: npx tsx examples/first-reservation.ts
 */
import { Client, Connection } from '@temporalio/client';
import { createClient } from 'safeband/client';

const address = process.env['TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233';
const connection = await Connection.connect({ address });
const safeband = createClient({ client: new Client({ connection }) });
const accountId = process.argv[2] ?? 'acme-ada';
const reservationId = `by-typescript-${Date.now()}`;

await safeband.connect({ accountId, tier: 'sales_navigator' });
const decision = await safeband.reserve(accountId, { reservationId });
if (decision.granted) {
  // Call LinkedIn here; its answer is the proof.
  const proof = { chatId: `chat-${reservationId}`, messageId: `message-${reservationId}` };
  await safeband.delivered(accountId, { reservationId, ...proof });
}
const { counter, delivered, remaining } = await safeband.status(accountId);
process.stdout.write(`${JSON.stringify({ decision, counter, delivered, remaining }, null, 2)}\n`);
await connection.close();
