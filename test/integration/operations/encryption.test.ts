/**
 * Encryption of payloads is switched on, rotated and switched off while the account runs. Its history
 * has no readable payload, and a payload that cannot be decrypted does not stop the account (R18).
 */
import { randomBytes } from 'node:crypto';
import { Client, type WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { dataConverterFrom } from '../../../src/temporal/codec.js';
import { WORKFLOW_TYPE } from '../../../src/temporal/protocol.js';
import { startServer } from '../../../src/server.js';
import { all, ask, run, update, statusOf } from '../../support/account.js';
import { shell } from '../../support/builds.js';
import { createStand, type Stand } from '../../support/stand.js';
import { fastForward, secondsToMidnight } from '../../support/time.js';
import { payloadKeysFrom, type PayloadKeys } from '../../../src/temporal/payloadKeys.js';

const { History } = temporal.api.history.v1;
const [one, two] = [randomBytes(32), randomBytes(32)].map((secret) => secret.toString('base64'));
const keysText = (text: string): string =>
  text.replaceAll(/k[12]/g, (id) => `${id}:${id === 'k1' ? one : two}`);
const keys = (text: string): PayloadKeys =>
  payloadKeysFrom({ SAFEBAND_PAYLOAD_KEYS: keysText(text) });

let stand: Stand;
let id: string;
beforeAll(async () => {
  stand = await createStand();
  id = stand.newAccount();
});
afterAll(() => stand.close());

/** Returns the account, for a client with these keys. */
const withKeys = (text: string): WorkflowHandle => {
  const { connection } = stand;
  const client = new Client({ connection, dataConverter: dataConverterFrom(keys(text)) });
  return client.workflow.getHandle(stand.handle(id).workflowId);
};
/** Starts a new worker, which knows only the history of the account. */
async function restartWorker(text: string): Promise<void> {
  await stand.stopWorker();
  await stand.startWorker(keys(text));
}
async function send(account: WorkflowHandle, name: string): Promise<void> {
  const reservationId = `canary-${name}`;
  const more = { campaignId: 'canary-campaign', recipientId: `canary-recipient-${name}` };
  expect(await ask(account, reservationId, more)).toMatchObject({ granted: true });
  await update(account, 'sendDelivered', { reservationId, chatId: `canary-chat-${name}` });
  await run(account);
}
/** Returns all that the server stores of the run, and the ids of the keys in it. */
async function stored(): Promise<{ readonly bytes: Buffer; readonly keyIds: readonly string[] }> {
  const history = await stand.handle(id).fetchHistory();
  const bytes = Buffer.from(History.encode(history).finish());
  const keyIds = bytes.toString('latin1').matchAll(/encryption-key-id..(k[12])/gs);
  return { bytes, keyIds: [...new Set([...keyIds].map(([, keyId]) => keyId ?? ''))].toSorted() };
}

it('encryption is switched on while the account runs', async () => {
  const { workflowId } = stand.handle(id);
  const { client, taskQueue } = stand;
  const args = [{ accountId: id, tier: 'premium' }];
  // A task that fails again is tried again after this time.
  const workflowTaskTimeout = '3s';
  await client.workflow.start(WORKFLOW_TYPE, { workflowId, taskQueue, args, workflowTaskTimeout });
  await expect.poll(() => statusOf(withKeys('')).catch(() => undefined)).toBeDefined();
  await send(withKeys(''), 'plain');
  await restartWorker('plain,k1'); // first each reader gets the key
  await send(withKeys('k1'), 'on');
  await restartWorker('k1');
  expect(await statusOf(withKeys('k1'))).toMatchObject({ counter: 2, delivered: 2 });
  await expect(statusOf(withKeys(''))).rejects.toThrow('key "k1" is not in SAFEBAND_PAYLOAD');
});

it('encryption leaves no readable payload in the history', async () => {
  const account = withKeys('k1');
  const { asOf } = await statusOf(account);
  const { runId } = await account.describe();
  await fastForward(stand.client, account.workflowId, secondsToMidnight(asOf));
  await expect.poll(async () => (await account.describe()).runId === runId).toBe(false);
  await send(account, 'encrypted');
  await update(account, 'hold', { reason: 'canary-reason', actor: 'canary-actor' });
  await update(account, 'resume', { reason: 'canary-reason', actor: 'canary-actor' });
  const { bytes, keyIds } = await stored();
  expect(bytes.length).toBeGreaterThan(5_000);
  expect(keyIds).toEqual(['k1']);
  expect(bytes.toString('latin1')).not.toContain('canary');
});

it("the Temporal CLI decrypts through the codec endpoint, with an operator's key", async () => {
  const settings = {
    DATABASE_URL: stand.databaseUrl,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    SAFEBAND_HTTP_PORT: '0',
    SAFEBAND_PAYLOAD_KEYS: keysText('k1'),
  };
  const server = await startServer(settings, pino({ level: 'silent' }));
  try {
    const line = `temporal workflow query --type status -w ${stand.handle(id).workflowId}`;
    expect(await shell(line)).not.toContain('counter');
    const endpoint = `--codec-endpoint ${server.address}/codec`;
    const auth = `--codec-auth "Bearer ${server.firstKey ?? ''}"`;
    expect(await shell(`${line} ${endpoint} ${auth}`)).toContain('"counter":1');
    const refused = await fetch(`${server.address}/codec/decode`, { method: 'POST' });
    expect(refused.status).toBe(401);
  } finally {
    await server.close();
  }
});

it('an account forgets nothing while a worker lacks the key, and its workflow does not fail', async () => {
  await restartWorker('');
  const account = withKeys('k1');
  const outcome = { reservationId: 'canary-late', chatId: 'canary-chat-late' };
  await account.signal('sendDelivered', outcome);
  const attempts = async (): Promise<number> =>
    (await account.describe()).raw.pendingWorkflowTask?.attempt ?? 0;
  await expect.poll(attempts).toBeGreaterThan(1);
  await restartWorker('k1');
  await expect.poll(async () => (await statusOf(account)).external).toBe(1);
  expect(await statusOf(account)).toMatchObject({ counter: 2, delivered: 1 });
});

it('a Signal that cannot be decrypted is counted as a bad Signal', async () => {
  const account = withKeys('k1');
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const encoding = bytes('binary/encrypted');
  const garbage = [
    { metadata: { encoding, 'encryption-key-id': bytes('k1') }, data: randomBytes(200) },
    { metadata: { encoding, 'encryption-key-id': bytes('k9') }, data: randomBytes(200) },
    { metadata: { encoding }, data: bytes('') },
  ];
  for (const payload of garbage) {
    await stand.client.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: account.workflowId },
      signalName: 'sendDelivered',
      input: { payloads: [payload] },
    });
  }
  const { counter } = await statusOf(account);
  await run(account);
  const alerts = await all(
    stand,
    `select sum(times)::int as times, bool_or(details->>'message' like '%is not in SAFEBAND_PAYLOAD_KEYS%') as named
       from safeband.alerts where account_id = $1 and kind = 'bad_signal'`,
    id,
  );
  expect(alerts).toEqual([{ times: garbage.length, named: true }]);
  await restartWorker('k1'); // its history is read again
  expect(await statusOf(account)).toMatchObject({ counter, state: 'active' });
});

it('encryption is rotated, and switched off', async () => {
  await restartWorker('k1,k2'); // first each reader gets the key
  expect((await stored()).keyIds).toEqual(['k1']);
  await restartWorker('k2,k1');
  await send(withKeys('k2,k1'), 'rotated');
  expect((await stored()).keyIds).toEqual(['k1', 'k2']);
  await restartWorker('plain,k2,k1');
  await send(withKeys(''), 'off');
  const { asOf: _, ...status } = await statusOf(withKeys(''));
  expect(status).toMatchObject({ counter: 4, delivered: 3, external: 1, unexplained: 0 });
});
