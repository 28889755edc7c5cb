/**
 * The first reservation of your own, in TypeScript: ask for a slot, say what became of it, look at
 * the two numbers. Run it beside `npm start`: npx tsx examples/first-reservation.ts
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
  // Here LinkedIn is called; what it answers is the proof.
  const proof = { chatId: `chat-${reservationId}`, messageId: `message-${reservationId}` };
  await safeband.delivered(accountId, { reservationId, ...proof });
}
const { counter, delivered, remaining } = await safeband.status(accountId);
process.stdout.write(`${JSON.stringify({ decision, counter, delivered, remaining }, null, 2)}\n`);
await connection.close();
