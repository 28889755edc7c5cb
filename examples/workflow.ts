/**
 * A pipeline on Temporal: its worker, and one workflow for each prospect. Each InMail waits in the
 * line of its account and is sent once, also if this process ends and starts again.
 */
import { fileURLToPath } from 'node:url';
import { Client, Connection, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import {
  createClient,
  failureOfFetch,
  failureOfStatus,
  payloadEncryption,
  safebandActivities,
  sendActivity,
} from 'safeband/client';
import type { InmailSend, inmailSend } from 'safeband/workflows';

const server = { address: process.env['TEMPORAL_ADDRESS'] ?? 'localhost:7233' };
const dataConverter = payloadEncryption(process.env); // uses SAFEBAND_PAYLOAD_KEYS if it is set
const connection = await Connection.connect(server);
const client = new Client({ connection, dataConverter });
const taskQueue = 'outreach';
const safeband = createClient({ client });

const worker = await Worker.create({
  connection: await NativeConnection.connect(server),
  dataConverter,
  taskQueue,
  // Your own workflows go into a file that also has: export { inmailSend } from 'safeband/workflows'
  workflowsPath: fileURLToPath(import.meta.resolve('safeband/workflows')),
  activities: {
    ...safebandActivities(safeband),
    sendInmail: sendActivity(async ({ accountId, payload }) => {
      const body = JSON.stringify({ accountId, letter: payload });
      const call = fetch('https://provider.example/inmails', { method: 'POST', body });
      const answer = await call.catch((error: unknown) => {
        throw failureOfFetch(error);
      });
      const { status, headers } = answer;
      if (!answer.ok) throw failureOfStatus({ status, retryAfter: headers.get('retry-after') });
      const proof: { chatId?: string; messageId?: string } = JSON.parse(await answer.text());
      return { chatId: proof.chatId ?? null, ...proof };
    }, safeband), // with the client, the brake stops it
  },
});

/** Your database has these: 1,000 prospects, three accounts, two campaigns. */
const accounts = ['acme-anna', 'acme-ben', 'acme-kira'];
const prospects = Array.from({ length: 1_000 }, (_, n) => ({
  accountId: accounts[n % accounts.length] ?? '',
  campaignId: n % 2 === 0 ? 'q4' : 'spring',
  recipientId: `member-${n}`,
}));
const deadline = new Date(Date.now() + 30 * 86_400_000).toISOString();

await worker.runUntil(async () => {
  const results = prospects.map(async ({ accountId, campaignId, recipientId }) => {
    const reservationId = `${campaignId}-${recipientId}`; // the same after a restart
    const request = { reservationId, campaignId, recipientId };
    const input: InmailSend = { accountId, request, deadline, activity: 'sendInmail' };
    const workflowId = `inmail/${accountId}/${reservationId}`;
    const start = client.workflow.start<typeof inmailSend>('inmailSend', {
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue,
      args: [{ ...input, payload: { recipientId, text: 'Hello!' } }],
    });
    // A second start of the same InMail waits for the first one's result.
    const handle = await start.catch((error: unknown) => {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      return client.workflow.getHandle<typeof inmailSend>(workflowId);
    });
    const { sent } = await handle.result();
    process.stdout.write(`${reservationId}: ${String(sent)}\n`);
  });
  await Promise.all(results);
});
await connection.close();
