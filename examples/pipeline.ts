/** The code of a pipeline: one InMail, counted before it is sent and proved after. */
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import {
  createClient,
  failureOfFetch,
  failureOfStatus,
  payloadEncryption,
  pgJournal,
  sendWithSlot,
} from 'safeband/client';

const connection = await Connection.connect(); // pass your TEMPORAL_ADDRESS here
const dataConverter = payloadEncryption(process.env); // uses SAFEBAND_PAYLOAD_KEYS if it is set
const safeband = createClient({ client: new Client({ connection, dataConverter }) });
const journal = pgJournal(new pg.Pool({ connectionString: process.env['DATABASE_URL'] }));

await safeband.connect({
  accountId: 'acme-anna',
  tier: 'sales_navigator',
  timezone: 'Europe/Berlin',
  inmailsSentToday: 0, // what this member has sent today elsewhere, such as in LinkedIn itself
});

const result = await sendWithSlot(
  safeband,
  'acme-anna',
  { reservationId: 'q4-0001', campaignId: 'q4', recipientId: 'member-7' },
  async ({ signal }) => {
    const call = fetch('https://provider.example/inmails', { method: 'POST', signal });
    const answer = await call.catch((error: unknown) => {
      throw failureOfFetch(error);
    });
    const { status, headers } = answer;
    if (!answer.ok) throw failureOfStatus({ status, retryAfter: headers.get('retry-after') });
    const body: { chatId?: string; messageId?: string } = JSON.parse(await answer.text());
    // Both together are the proof: a chat may hold more than one InMail.
    const { chatId = null, messageId } = body;
    return { chatId, ...(messageId === undefined ? {} : { messageId }) };
  },
  { journal },
);
if (result.sent === false && 'denial' in result) {
  process.stdout.write(`not now: ${result.denial.reason}; ask again at ${result.denial.retryAt}\n`);
}
