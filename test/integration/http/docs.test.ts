/** The documents match the server: routes, curl, the generated client, the first start. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { generateApi } from 'swagger-typescript-api';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { LIMITS } from '../../../src/http/plumbing/limits.js';
import { startServer } from '../../../src/server.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';
import { freshDatabase } from '../../support/stand.js';

const doc = readFileSync('docs/http.md', 'utf8');
let stand: HttpStand;
let address: string;
let key: string;
beforeAll(async () => {
  stand = await createHttpStand();
  key = await stand.key('operator');
  address = await stand.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => stand.close());

const isOfApi = (url: string): boolean =>
  url.startsWith('/v1/') || ['/livez', '/readyz', '/metrics', '/openapi.json'].includes(url);

it('the table of routes matches the server', () => {
  const documented = [...doc.matchAll(/^\| `(GET|POST|PUT|DELETE) (\S+)` +\| (\w+) /gm)].map(
    ([, ...parts]) => parts.join(' '),
  );
  const known = stand.app
    .routeList()
    .filter(({ method, url }) => method !== 'HEAD' && isOfApi(url))
    .filter(({ url }) => !url.startsWith('/v1/webhooks')) // docs/webhooks.md lists them
    .map(({ method, url, needs }) => [method, url, needs].join(' '));
  expect(documented.toSorted()).toEqual(known.toSorted());
});

it('the settings and limits match the source', () => {
  const config = ['config', 'unipileConfig']
    .map((name) => readFileSync(`src/platform/${name}.ts`, 'utf8'))
    .join('\n');
  const documented = [...doc.matchAll(/^\| `(SAFEBAND_\w+)`/gm)].map(([, name]) => name ?? '');
  expect(documented.length).toBe(11);
  expect(documented.filter((name) => !config.includes(`'${name}'`))).toEqual([]);
  const { bodyBytes, jsonDepth, headerBytes, requestMs, connectionMs, streamBytes } = LIMITS;
  for (const sentence of [
    `A body has at most ${bodyBytes / 1_024} KiB and ${jsonDepth} levels`,
    `headers have at most ${headerBytes / 1_024} KiB`,
    `A request must arrive within ${requestMs / 1_000} s`,
    `an idle connection closes after ${connectionMs / 1_000} s`,
    `${streamBytes / 1_024} KiB unread`,
    `${LIMITS.requestsPerMinute.toLocaleString('en')} requests a`,
  ]) {
    expect(doc.replaceAll(/\s+/g, ' ')).toContain(sentence);
  }
});

it('each curl does what the text describes', async () => {
  const id = stand.newAccount();
  const commands = [...doc.matchAll(/```sh\n(curl [\s\S]*?)```/g)].map(([, one]) => one ?? '');
  expect(commands.length).toBe(14);
  const member = stand.newAccount();
  await stand.connect(member, { group: 'eu-sales' });
  await stand.ask(key, `/v1/accounts/${member}/reconcileNow`, {});
  const env = { PATH: process.env['PATH'], SAFEBAND: address, KEY: key };
  const answers: string[] = [];
  for (const command of commands) {
    const own = command.replaceAll('acme-anna', id).replaceAll('curl ', 'curl -s ');
    const shell = `${own.trim()} || test $? = 28`; // curl leaves a stream after its time limit
    const { stdout } = await promisify(execFile)('bash', ['-c', shell], { env });
    answers.push(stdout);
  }
  const [connected, granted, attempted, delivered, status, ...rest] = answers;
  const [ofGroup, group, credits, reply, shadow, list, alerts, link, stream] = rest;
  expect(JSON.parse(ofGroup ?? '')).toMatchObject({ granted: true, accountId: member });
  expect(JSON.parse(group ?? '')).toMatchObject({ group: 'eu-sales', defaults: { dailyCap: 20 } });
  expect(JSON.parse(connected ?? '')).toHaveProperty('state');
  expect(JSON.parse(granted ?? '')).toMatchObject({ granted: true });
  expect(JSON.parse(attempted ?? '')).toMatchObject({ mayAttempt: true });
  expect(JSON.parse(delivered ?? '')).toEqual({ settled: 'delivered' });
  expect(shadow).toMatch(/"mode":"shadow".*"granted":\d,.*"wouldDeny":0/s);
  expect(JSON.parse(status ?? '')).toMatchObject({ accountId: id, counter: 1, delivered: 1 });
  const { balance, ...recorded } = JSON.parse(credits ?? '');
  expect(recorded).toMatchObject({ recorded: true });
  // `date` names a whole second: a slot that was reserved in this second counts as spent since.
  const read = async (what: string) => (await stand.ask(key, `/v1/accounts/${id}/${what}`)).json();
  const { observedAt } = (await read('status')).credits;
  const { reservedAt } = await read('reservations/q4-0001');
  expect(balance).toBe(reservedAt < observedAt ? 12 : 11);
  expect(JSON.parse(reply ?? '')).toMatchObject({ code: 'ChatUnknown' });
  expect(JSON.parse(list ?? '')).toMatchObject({ next: null });
  expect(JSON.parse(alerts ?? '')).toMatchObject({ next: null });
  expect(JSON.parse(link ?? '')).toMatchObject({
    accountId: id,
    url: expect.stringMatching('/s/'),
  });
  expect(stream).toContain('event: status');
});

type Operation = { operationId: string; description?: string; responses: object };
it('the document describes each operation, names its schemas, and lists the errors', async () => {
  const { paths, components, info } = (await stand.app.inject('/openapi.json')).json<{
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: object };
    info: { description: string };
  }>();
  const operations = Object.values(paths).flatMap((one) => Object.values(one));
  expect(operations.length).toBeGreaterThan(30);
  for (const { operationId, description, responses } of operations) {
    expect([operationId, description]).toEqual([operationId, expect.stringMatching(/Needs .*key/)]);
    const inline = Object.values<{ content?: object }>({ ...responses })
      .flatMap(({ content = {} }) => Object.entries<{ schema?: object }>({ ...content }))
      .filter(([type, { schema = {} }]) => /json/.test(type) && !('$ref' in schema));
    expect([operationId, inline]).toEqual([operationId, []]);
  }
  expect(Object.keys(components.schemas)).toEqual(
    expect.arrayContaining(['Problem', 'SendReserveRequest', 'SendReserveAnswer', 'StatusAnswer']),
  );
  for (const error of ['InvalidInput', 'Unavailable', 'forbidden', 'too-many-requests']) {
    expect(info.description).toMatch(new RegExp(`\\| [45]\\d\\d \\| .${error}. \\|`));
  }
  const page = await stand.app.inject('/docs');
  const html = page.statusCode === 302 ? await stand.app.inject('/docs/static/index.html') : page;
  expect(html.body).toContain('<title>Safeband: HTTP API</title>');
});

it('a client generated from the document completes a send', async () => {
  const spec = (await stand.app.inject('/openapi.json')).json();
  expect(spec).toMatchObject({ openapi: '3.1.0' });
  const project = fileURLToPath(new URL('../../..', import.meta.url));
  const dir = await mkdtemp(path.join(project, '.safeband', 'client-'));
  try {
    await generateApi({ spec, output: dir, fileName: 'api.ts', silent: true });
    const id = stand.newAccount();
    await writeFile(path.join(dir, 'send.ts'), PIPELINE);
    await writeFile(path.join(dir, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    const tsc = path.join(project, 'node_modules', '.bin', 'tsc');
    const checked = await promisify(execFile)(tsc, ['-p', dir]).catch((error: unknown) => error);
    expect(checked).toMatchObject({ stdout: '' });
    const args = ['--import', 'tsx', path.join(dir, 'send.ts'), address, key, id];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project });
    expect(JSON.parse(stdout)).toMatchObject({ counter: 1, delivered: 1, source: 'workflow' });
  } finally {
    await rm(dir, { recursive: true });
  }
});

const TSCONFIG = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023', 'dom'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  },
  include: ['send.ts'],
};
const PIPELINE = `
import { Api } from './api.ts';
const [, , baseUrl = '', key = '', id = ''] = process.argv;
const { v1 } = new Api({ baseUrl, baseApiParams: { format: 'json', headers: { authorization: 'Bearer ' + key } } });
await v1.connect(id, { tier: 'recruiter' });
await v1.reconcileNow(id, {});
const { data: decision } = await v1.sendReserve(id, { reservationId: 'r-1' });
if (!decision.granted) throw new Error(decision.reason);
const { data: report } = await v1.sendDelivered(id, { reservationId: decision.reservationId, chatId: 'c-1' });
if (report.settled !== 'delivered') throw new Error(report.settled);
const { data: status } = await v1.status(id);
console.log(JSON.stringify(status));
`;

it('a first start makes one key for everything, and a stop ends all streams', async () => {
  const { url, drop } = await freshDatabase();
  const env = {
    DATABASE_URL: url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    SAFEBAND_HTTP_PORT: '0',
  };
  const logger = pino({ level: 'silent' });
  const first = await startServer(env, logger);
  const headers = { authorization: `Bearer ${first.firstKey}` };
  const stream = await fetch(`${first.address}/v1/stream`, { headers });
  const runs = await fetch(`${first.address}/v1/runs`, { headers });
  expect([stream.status, await runs.json()]).toEqual([200, { items: [], next: null }]);
  const documented = stream.text();
  const erase = async (server: string): Promise<object> => {
    const body = JSON.stringify({ recipientId: 'ACoAAB1', reason: 'request 4711' });
    const json = { ...headers, 'content-type': 'application/json' };
    const answer = await fetch(`${server}/v1/erasures`, { method: 'POST', headers: json, body });
    return { status: answer.status, body: await answer.text() };
  };
  const off = expect.stringContaining('set SAFEBAND_ERASE_DATABASE_URL and SAFEBAND_ERASURE_KEY');
  expect(await erase(first.address)).toEqual({ status: 409, body: off });
  await first.close();
  expect(await documented).toContain(': connected');
  const eraser = { ...env, SAFEBAND_ERASE_DATABASE_URL: env.DATABASE_URL };
  await expect(startServer(eraser, logger)).rejects.toThrow('SAFEBAND_ERASURE_KEY is not set');
  const SAFEBAND_ERASURE_KEY = Buffer.alloc(32, 7).toString('base64');
  const second = await startServer({ ...eraser, SAFEBAND_ERASURE_KEY }, logger);
  expect(second.firstKey).toBeUndefined();
  const counted = expect.stringContaining('"applied":false');
  expect(await erase(second.address)).toEqual({ status: 200, body: counted });
  await second.close();
  await drop();
  await expect(startServer({ ...env, SAFEBAND_HTTP_PORT: 'x' }, logger)).rejects.toThrow(
    'SAFEBAND_HTTP_PORT=x: it should be a port',
  );
});
