/** Postgres is away during traffic: grants and outcomes continue, and all is saved once, later. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient, pgJournal, sendWithSlot } from '../../src/client/index.js';
import { readDevConfig } from '../../dev/devConfig.js';
import { startPostgres, type PostgresServer } from '../../dev/postgres.js';
import { migrate } from '../../src/postgres/migrate.js';
import { ask, statusOf, update } from '../support/account.js';
import { PATIENT } from '../support/patience.js';
import { createStand, type Stand } from '../support/stand.js';

/** Long enough for several tries of a save. */
const OUTAGE_MS = 12_000;

let dir: string;
let postgres: PostgresServer;
let stand: Stand;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'safeband-outage-'));
  const { postgres: config } = await readDevConfig('temporal-dev.yml');
  const dataDir = path.join(dir, 'data');
  const print = (): void => undefined;
  await chmod(dir, 0o755);
  postgres = await startPostgres({ config, dataDir, port: 0, isDurable: true, print });
  await migrate(postgres.url);
  stand = await createStand({ databaseUrl: postgres.url });
});
afterAll(async () => {
  await stand.close();
  await postgres.stop();
  await rm(dir, { recursive: true, force: true });
});

it('an account grants and counts for 12 s without Postgres, and saves all afterwards', async () => {
  const id = stand.newAccount();
  const account = await stand.connect(id);
  const safeband = createClient({ client: stand.client, ...PATIENT });
  const journal = pgJournal(stand.pool);
  const waits: string[] = [];
  await postgres.stop();
  const isBackAt = Date.now() + OUTAGE_MS;
  const journaled = sendWithSlot(
    safeband,
    id,
    { reservationId: 'journaled' },
    async () => ({ chatId: 'chat-journaled' }),
    { journal, onWait: (why) => waits.push(why) },
  );
  let sent = 0;
  while (Date.now() < isBackAt && sent < 40) {
    const reservationId = `r${sent}`;
    expect(await safeband.reserve(id, { reservationId })).toMatchObject({ granted: true });
    await safeband.delivered(id, { reservationId, chatId: `chat-${sent}` });
    sent += 1;
    await sleep(OUTAGE_MS / 40); // the pace of a pipeline, not a wait for something
  }
  expect(waits[0]).toContain('waits for its journal row');
  await postgres.restart();
  expect(await journaled).toMatchObject({ sent: true, reported: true });
  await expect.poll(async () => (await statusOf(account)).unsaved).toBe(0);
  const { rows } = await stand.pool.query<{ chat_id: string }>(
    'select chat_id from safeband.inmail_events where account_id = $1',
    [id],
  );
  expect(rows).toHaveLength(sent + 1);
  expect(new Set(rows.map(({ chat_id }) => chat_id)).size).toBe(sent + 1);
  const { rows: accounts } = await stand.pool.query(
    `select inmails_sent_today as counter, delivered, drift
       from safeband.account_status where account_id = $1`,
    [id],
  );
  expect(accounts).toEqual([{ counter: sent + 1, delivered: sent + 1, drift: 0 }]);
});

it('an account that starts while Postgres is away keeps its messages', async () => {
  await postgres.stop();
  const id = stand.newAccount();
  const { client, taskQueue } = stand;
  const start = { accountId: id, tier: 'premium' };
  const account = await client.workflow.start('inmailAccount', {
    workflowId: `inmail-account/${id}`,
    taskQueue,
    args: [start],
  });
  await account.signal('sendDelivered', { reservationId: 'early', chatId: 'early' });
  expect(await ask(account, 'r1')).toMatchObject({ granted: false, reason: 'unverified' });
  await expect(update(account, 'hold', { reason: 'x', actor: 'y' })).rejects.toMatchObject({
    cause: { type: 'Unavailable' },
  });
  await postgres.restart();
  await expect
    .poll(() => statusOf(account).catch(() => undefined))
    .toMatchObject({ state: 'active', external: 1, counter: 1 });
});
