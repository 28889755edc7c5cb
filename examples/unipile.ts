/** One InMail through Unipile: counted before it is sent, and proved by Unipile's answer. */
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { createClient, payloadEncryption, pgJournal, sendWithSlot } from 'safeband/client';
import { createUnipile } from 'safeband/unipile';

const setting = (name: string): string => process.env[name] ?? '';
const address = process.env['TEMPORAL_ADDRESS'];
const connection = await Connection.connect(address ? { address } : {});
const dataConverter = payloadEncryption(process.env);
const safeband = createClient({ client: new Client({ connection, dataConverter }) });
const pool = new pg.Pool({ connectionString: setting('DATABASE_URL') });
const unipile = createUnipile({ dsn: setting('UNIPILE_DSN'), apiKey: setting('UNIPILE_KEY') });

const [accountId = '', recipientId = '', reservationId = ''] = process.argv.slice(2);
const result = await sendWithSlot(
  safeband,
  accountId, // here also Unipile's id of the account
  { reservationId, campaignId: 'q4', recipientId },
  unipile.send({ unipileAccountId: accountId, recipientId, text: 'Hello!', api: 'classic' }),
  { journal: pgJournal(pool) },
);
process.stdout.write(`${JSON.stringify(result)}\n`);
await pool.end();
await connection.close();
