/** `safeband mcp` as a process, with the client of the protocol's own SDK. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { safeband } from '../../support/cli.js';
import { createHttpStand, type HttpStand } from '../../support/http.js';

let stand: HttpStand;
let address: string;
const agents: Client[] = [];
beforeAll(async () => {
  stand = await createHttpStand();
  address = await stand.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.close()));
  await stand.close();
});

/** Starts the server with that key, as an agent does. */
async function agentWith(key: string): Promise<Client> {
  const agent = new Client({ name: 'test', version: '1' });
  const args = [path.join(inject('compiledDir'), 'cli/main.js'), 'mcp'];
  const env = { SAFEBAND_URL: address, SAFEBAND_KEY: key };
  await agent.connect(new StdioClientTransport({ command: process.execPath, args, env }));
  agents.push(agent);
  return agent;
}
/** Calls a tool, and returns its JSON, or the text of its error. */
async function call(agent: Client, name: string, args: object): Promise<unknown> {
  const { content, isError } = await agent.callTool({ name, arguments: { ...args } });
  const [{ text = '' } = {}] = Object(content);
  return isError === true ? text : JSON.parse(text);
}

it('an agent reads, reserves, waits, sends and reports with the rights of its key', async () => {
  const accountId = stand.newAccount();
  await stand.connect(accountId, { dailyCap: 1 });
  const agent = await agentWith(await stand.key('pipeline', [accountId]));
  const on = (name: string, args: object = {}) => call(agent, name, { accountId, ...args });
  expect(await call(agent, 'accounts', {})).toMatchObject({ items: [{ accountId }] });
  expect(await on('peek')).toMatchObject({ granted: true });
  expect(await on('slots', { count: 2 })).toHaveLength(2);
  const reserved = await on('reserve', { reservationId: 'a', journaled: true });
  expect(reserved).toMatchObject({ granted: true, repeated: false });
  const validUntil = new Date(Date.now() + 2 * 86_400_000).toISOString();
  expect(await on('reserve', { reservationId: 'b', wait: true, validUntil })).toMatchObject({
    waiting: true,
  });
  expect(await on('permission', { reservationId: 'a' })).toMatchObject({ mayAttempt: true });
  expect(await on('permission', { reservationId: 'a' })).toMatchObject({ reason: 'attempted' });
  expect(await on('reserve', { reservationId: 'd', wait: true, validUntil })).toMatchObject({
    position: 2,
  });
  expect(await on('withdraw', { reservationId: 'd' })).toMatchObject({ withdrawn: true });
  expect(await on('waiting')).toMatchObject([{ reservationId: 'b', position: 1 }]);
  expect(await call(agent, 'campaigns', { accountId, limit: 5 })).toMatchObject({ items: [] });
  for (const tool of ['accounts', 'campaigns']) {
    expect(await call(agent, tool, { group: 'nobody' })).toMatchObject({ items: [] });
    expect(await call(agent, tool, { group: 'EU' })).toContain('group should be a group such as');
  }
  expect(await call(agent, 'accounts', { group: 'none' })).toMatchObject({
    items: [{ accountId }],
  });
  const waited = on('wait', { reservationId: 'b' });
  expect(await on('report', { reservationId: 'a', outcome: 'rejected' })).toMatchObject({
    settled: 'released',
  });
  expect(await waited).toMatchObject({ state: 'in_flight', mayAttempt: true });
  const proof = { chatId: `chat-${accountId}`, messageId: 'm' };
  expect(await on('report', { reservationId: 'b', outcome: 'delivered', ...proof })).toMatchObject({
    settled: 'delivered',
  });
  expect(await on('status')).toMatchObject({ counter: 1, delivered: 1 });
  expect(await on('why')).toMatchObject({ accountId });
  // The rights and the values are checked by the server, and the agent reads its sentences.
  expect(await on('hold', { reason: 'x' })).toContain('KeyForbidden');
  expect(await on('reserve', { reservationId: 'c', priority: 10 })).toContain('priority');
  expect(
    await call(agent, 'reserve_in_group', { group: 'none-here', reservationId: 'g' }),
  ).toContain('no account of this group');
  expect(await call(agent, 'next_in_group', { group: 'none-here' })).toContain('no account of');
  expect(await call(agent, 'next_in_group', { group: 'none-here', count: 51 })).toContain('count');
  expect(await call(agent, 'status', { accountId: 'other' })).toContain('AccountUnknown');
  expect(await call(agent, 'status', {})).toBe('InvalidInput: accountId is missing');
  expect(await on('reserve', { reservationId: 'c', dailyCap: 50 })).toContain('dailyCap is not a');
  expect(await call(agent, 'resume', { accountId })).toContain('there is no tool resume');
});

it('an agent of an operator lowers a cap and stops an account, and raises nothing', async () => {
  const accountId = stand.newAccount();
  await stand.connect(accountId, { dailyCap: 20 });
  const agent = await agentWith(await stand.key('operator'));
  const on = (name: string, args: object) => call(agent, name, { accountId, ...args });
  const capNow = async () =>
    (await stand.ask(await stand.key('reader'), `/v1/accounts/${accountId}/status`)).json<{
      readonly caps: { readonly daily: number; readonly weekly: number };
    }>().caps;
  for (const bad of [{ dailyCap: 21 }, { dailyCap: 20 }, { weeklyCap: 101 }, { dailyCap: 1.5 }]) {
    expect(await on('lower_caps', bad)).toContain('only a person raises a cap');
  }
  expect(await on('lower_caps', { dailyCap: 10, weeklyCap: 500 })).toContain('weeklyCap should');
  expect(await on('lower_caps', {})).toContain('dailyCap or weeklyCap should be given');
  expect(await capNow()).toMatchObject({ daily: 20, weekly: 100 });
  expect(await on('lower_caps', { dailyCap: 10 })).toMatchObject({ dailyCap: 10 });
  expect(await capNow()).toMatchObject({ daily: 10, weekly: 50 });
  expect(await on('hold', { reason: 'too many rejections' })).toHaveProperty('state', 'held');
  const { tools } = await agent.listTools();
  const document = await readFile('docs/agents.md', 'utf8');
  const rows = [...document.matchAll(/^\| `(\w+)` +\| (yes|no) /gm)].map(([, name, changes]) => [
    name,
    changes,
  ]);
  expect(rows).toEqual(
    tools.map(({ name, annotations }) => [name, annotations?.readOnlyHint === true ? 'no' : 'yes']),
  );
});

it('without a key the command names the settings', async () => {
  const { code, err } = await safeband(['mcp']);
  expect([code, err]).toEqual([2, expect.stringContaining('set SAFEBAND_URL')]);
});
