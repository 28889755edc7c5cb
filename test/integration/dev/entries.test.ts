/** The commands that people type (docs/contract.md, 5): their output and their exit code. */
import { execFile } from 'node:child_process';
import { Client, Connection } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Long from 'long';
import { expect, inject, it } from 'vitest';
import { freshDatabase } from '../../support/stand.js';

type Ended = { readonly code: number; readonly output: string };

const run = (script: string, env: Record<string, string>): Promise<Ended> =>
  new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'] ?? '', ...env } };
    execFile(process.execPath, ['--import', 'tsx', script], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: `${stdout}${stderr}`.trim() });
    });
  });

it('npm run migrate applies missing files, and registers attributes and Schedules in Temporal', async () => {
  const { url, drop } = await freshDatabase();
  // This test has its own namespace, because other test files also migrate.
  const namespace = `entries-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: Long.fromNumber(86_400) },
  });
  const env = {
    DATABASE_URL: url,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: namespace,
  };
  const printed = (attributes: string, done: string): string =>
    `the database is up to date\nsearch attributes: ${attributes}\n` +
    `schedule inmail-fleet-audit: ${done}\nschedule inmail-webhooks: ${done}`;
  expect(await run('src/migrate.ts', env)).toEqual({
    code: 0,
    output: printed('registered InmailState, InmailTier', 'made'),
  });
  expect(await run('src/migrate.ts', env)).toEqual({
    code: 0,
    output: printed('already registered', 'updated'),
  });
  const client = new Client({ connection, namespace });
  const schedule = client.schedule.getHandle('inmail-fleet-audit');
  expect(await schedule.describe()).toMatchObject({
    spec: { intervals: [{ every: 600_000, offset: 300_000 }] },
    action: { workflowType: 'inmailFleetAudit', taskQueue: 'inmail' },
    policies: { overlap: 'SKIP', catchupWindow: 60_000 },
  });
  await schedule.delete();
  const webhooks = client.schedule.getHandle('inmail-webhooks');
  expect(await webhooks.describe()).toMatchObject({
    spec: { intervals: [{ every: 60_000 }] },
    action: { workflowType: 'inmailWebhooks', taskQueue: 'inmail' },
    policies: { overlap: 'BUFFER_ONE', catchupWindow: 60_000 },
  });
  await webhooks.delete();
  await connection.close();
  await drop();
});

it.each([
  ['DATABASE_URL is not set', {}],
  ['Postgres (DATABASE_URL) cannot be reached', { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/d' }],
])('npm run migrate prints "%s" in one line, and ends with exit code 1', async (sentence, env) => {
  const { code, output } = await run('src/migrate.ts', env);
  expect([code, output.split('\n').length]).toEqual([1, 1]);
  expect(output).toContain(sentence);
});

it('the README names only commands that package.json has', () => {
  const readme = readFileSync('README.md', 'utf8');
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  );
  const named = [
    ...readme.matchAll(/npm (?:run )?(start|test|migrate|worker|bench|check|build)\b/g),
  ];
  expect(named.length).toBeGreaterThan(4);
  for (const [, name] of named) expect(Object.keys(scripts)).toContain(name);
});
