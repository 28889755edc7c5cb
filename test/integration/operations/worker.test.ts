/** A worker's metrics, its logs without names of people, and its end. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import fastify from 'fastify';
import { parse } from 'yaml';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../../dev/child.js';
import { MIDNIGHT_SPREAD_MS, rollLatestMs } from '../../../src/domain/primitives/midnight.js';
import { createClient, type SafebandClient } from '../../../src/client/index.js';
import { serveMetrics } from '../../../src/http/routes/metrics.js';
import { createMetrics } from '../../../src/platform/metrics.js';
import { readGauges } from '../../../src/postgres/operations/gauges.js';
import { TASK_QUEUE } from '../../../src/temporal/protocol.js';
import { statusOf } from '../../support/account.js';
import { createStand, type Stand } from '../../support/stand.js';
import { kill, startWorkerProcess } from '../../support/workerProcess.js';

const CANARY = 'Canary-77';
let stand: Stand;
let safeband: SafebandClient;
let worker: ChildProcess;
let logged = '';
const metrics = createMetrics();
let address: string;

beforeAll(async () => {
  stand = await createStand({ taskQueue: TASK_QUEUE });
  address = `127.0.0.1:${await freePort(0, 'a test', () => undefined)}`;
  worker = await startWorkerProcess(stand.databaseUrl, {
    isBundling: true,
    env: { SAFEBAND_METRICS_ADDRESS: address, LOG_LEVEL: 'trace' },
    onOutput: (text) => (logged += text),
  });
  safeband = createClient({
    client: stand.client,
    deadlineMs: 60_000,
    onCall: ({ seconds, ...labels }) => metrics.called(labels, seconds),
  });
});
afterAll(async () => {
  await kill(worker);
  await stand.close();
});

const rename = (from: string, to: string) =>
  stand.pool.query(`alter table safeband.${from} rename to ${to}`);

/** Sends every kind of message, good and bad, with values that must not appear in logs. */
async function talk(id: string): Promise<void> {
  const account = await stand.connect(id, { identity: `${CANARY}-member` });
  await expect.poll(() => statusOf(account)).toMatchObject({ verified: true });
  const chatId = `${CANARY}-chat`;
  for (const reservationId of ['one', 'two', 'three']) {
    await safeband.reserve(id, { reservationId, recipientId: `${CANARY}-${reservationId}` });
  }
  const shadow = await stand.connect(`${id}-shadow`, { mode: 'shadow', dailyCap: 0 });
  await expect.poll(() => statusOf(shadow)).toMatchObject({ verified: true });
  await safeband.reserve(`${id}-shadow`, { reservationId: 'one' });
  await safeband.delivered(id, { reservationId: 'one', chatId, messageId: `${CANARY}-m` });
  const taken = { reservationId: 'two', chatId, messageId: `${CANARY}-m` };
  await expect(safeband.delivered(id, taken)).rejects.toThrow('taken');
  await account.signal('sendDelivered', taken);
  await account.signal('sendObserved', { chatId, messageId: { text: CANARY }, sentAt: CANARY });
  await account.signal('sendFailed', { reservationId: 'two', kind: 'unknown', code: CANARY });
  await account.signal(CANARY, { [CANARY]: CANARY });
  // Postgres refuses for a while: failures are logged, by the SDK as well.
  await rename('inmail_events', 'elsewhere');
  await safeband.delivered(id, { reservationId: 'three', chatId: `${chatId}-3` });
  await expect.poll(() => logged).toContain('42P01');
  await rename('elsewhere', 'inmail_events');
  await expect.poll(() => statusOf(account)).toMatchObject({ unsaved: 0 });
}

/** Sends the same traffic through the server. */
async function serverScrape(): Promise<string> {
  const app = fastify();
  serveMetrics(app, {
    metrics,
    readGauges: () => readGauges(stand.pool, rollLatestMs(MIDNIGHT_SPREAD_MS)),
    readBrakes: async () => [],
    now: Date.now,
    runbookUrl: () => 'https://safeband.example/runbook',
  });
  app.addHook('onRequest', async (request) => {
    request.caller = { keyId: '', name: 'test', role: 'reader', accounts: null, groups: null };
  });
  await app.inject('/metrics');
  const { body } = await app.inject('/metrics');
  await app.close();
  return body;
}

const namesIn = (scrape: string): ReadonlySet<string> =>
  new Set([...scrape.matchAll(/^(?:# TYPE )?([a-z]\w+)/gm)].map(([, name]) => name ?? ''));

/** Returns the metrics and labels of a PromQL expression, without its texts in quotes. */
const wordsIn = (expression: string): readonly string[] =>
  [
    ...expression
      .replaceAll(/"[^"]*"/g, '""')
      .matchAll(/(?:safeband|temporal)_\w+|\w+(?==~?"|!=")/g),
  ].map(([word]) => word);

it("a worker serves the SDK's metrics and Safeband's, with every name of dashboard and alert rules", async () => {
  await talk(stand.newAccount());
  // The metric of failed tasks exists only after a failure.
  const unknownType = await stand.client.workflow.start('stranger', {
    taskQueue: TASK_QUEUE,
    workflowId: stand.newAccount('stranger'),
  });
  const scrapeWorker = async () => (await fetch(`http://${address}/metrics`)).text();
  await expect.poll(scrapeWorker).toContain('temporal_workflow_task_execution_failed_total');
  await unknownType.terminate();
  const [ofWorker, ofServer] = [await scrapeWorker(), await serverScrape()];
  expect(ofWorker).toMatch(/^safeband_decisions_total\{.*reason="granted".*\} 4$/m);
  expect(ofWorker).toMatch(
    /^safeband_group_decisions_total\{(?=.*group="none")(?=.*reason="granted").*\} 4$/m,
  );
  expect(ofWorker).toMatch(/^safeband_would_deny_total\{.*reason="weekly_cap".*\} 1$/m);
  expect(ofWorker).toMatch(/^safeband_writes_total\{.*outcome="unanswered".*\} \d+$/m);
  expect(ofServer).toMatch(
    /^safeband_call_duration_seconds_count\{call="sendDelivered",outcome="ChatIdTaken"\} 1$/m,
  );
  for (const scrape of [ofWorker, ofServer]) {
    expect(scrape).not.toMatch(new RegExp(`${CANARY}|${stand.newAccount().split('-')[0]}`));
  }
  const known = new Set([...namesIn(ofWorker), ...namesIn(ofServer), 'le']);
  for (const [, label] of `${ofWorker}${ofServer}`.matchAll(/[{,](\w+)="/g)) known.add(label ?? '');
  for (const label of ['kind', 'severity', 'cause', 'state', 'found']) known.add(label); // of gauges
  const asked = expressionsOf('ops/grafana/safeband.json', 'ops/prometheus/alerts.yml');
  expect(asked.length).toBeGreaterThan(40);
  const unknown = asked.flatMap(wordsIn).filter((word) => !known.has(word));
  expect([...new Set(unknown)]).toEqual([]);
  // And every metric of Safeband is in the table of the document.
  const documented = readFileSync('docs/operations.md', 'utf8');
  const ours = [...known].filter((name) => name.startsWith('safeband_'));
  const base = ours.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
  expect(base.filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
  const [, table = ''] = documented.split(/^## (?:Metrics|Logs)$/m);
  const inTable = [...table.matchAll(/^\| `(safeband_\w+)/gm)].map(([, name]) => name ?? '');
  expect(inTable.filter((name) => !base.includes(name))).toEqual([]);
});

/** Returns every `expr` of a JSON or YAML file. */
function expressionsOf(...files: readonly string[]): readonly string[] {
  const found: string[] = [];
  const collect = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'expr') found.push(String(value));
      else collect(value);
    }
  };
  for (const file of files) collect(parse(readFileSync(file, 'utf8')));
  return found;
}

it('a worker logs one JSON event a line, without names of people', () => {
  const lines = logged.trim().split('\n');
  expect(lines.map(eventIn)).toEqual(
    expect.arrayContaining(['worker.started', 'database.silent', 'temporal.said']),
  );
  expect(logged).not.toContain(CANARY);
});

/** Returns the event of a log line; throws if the line is not JSON. */
function eventIn(line: string): unknown {
  const found: { readonly event?: unknown } = JSON.parse(line);
  expect(found).toMatchObject({
    level: expect.stringMatching(/^(info|warn|error)$/),
    time: expect.stringMatching(/Z$/),
    event: expect.stringMatching(/^[a-z]+\.[a-z_]+$/),
  });
  return found.event;
}

it('a worker that gets SIGTERM during a save ends within its bound, and loses nothing', async () => {
  const id = stand.newAccount();
  await stand.connect(id);
  await safeband.reconcileNow(id);
  await safeband.reserve(id, { reservationId: 'r' });
  const lock = await stand.pool.connect();
  await lock.query('begin');
  await lock.query('select from safeband.accounts where account_id = $1 for update', [id]);
  await safeband.delivered(id, { reservationId: 'r', chatId: 'c' });
  const waiting = `select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  const waits = async () => (await stand.pool.query(waiting)).rows.length;
  await expect.poll(waits).toBeGreaterThan(0);
  const gone = once(worker, 'close');
  worker.kill('SIGTERM');
  await lock.query('rollback');
  lock.release();
  expect(await gone).toEqual([0, null]);
  expect(logged.trim().split('\n').at(-1)).toContain('"event":"worker.stopped"');
  await stand.startWorker();
  await safeband.reconcileNow(id);
  const log = 'select chat_id from safeband.inmail_events where account_id = $1';
  expect((await stand.pool.query(log, [id])).rows).toEqual([{ chat_id: 'c' }]);
  expect(await safeband.status(id)).toMatchObject({ counter: 1, delivered: 1, inFlight: 0 });
});
