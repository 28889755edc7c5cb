/**
 * Temporal as a managed service: a search attribute with another type, no right to the operator
 * service, or TLS with its own CA.
 */
import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import Long from 'long';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { safeband, type Ended } from '../../support/cli.js';
import { prints, sentenceOf, start } from '../../support/entries.js';
import { freshDatabase } from '../../support/stand.js';
import { CA_FILE, startFront, type Front } from '../../support/temporalFront.js';

/** Temporal's number of another type than Keyword, the type of Safeband's attributes. */
const INT = 3;
const WRONG = /InmailState is of type Int instead of Keyword/;

const namespace = `managed-${randomUUID().slice(0, 8)}`;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let connection: Connection;
let denying: Front;
let encrypted: Front;
beforeAll(async () => {
  database = await freshDatabase();
  connection = await Connection.connect({ address: inject('temporalAddress') });
  const isDenied = (path: string): boolean => path.includes('operatorservice');
  denying = await startFront(inject('temporalAddress'), { isDenied });
  encrypted = await startFront(inject('temporalAddress'), { tls: true });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: Long.fromNumber(86_400) },
  });
});
afterAll(async () => {
  await denying.close();
  await encrypted.close();
  await connection.close();
  await database.drop();
});

const doctor = async (env: Record<string, string>, name: string): Promise<object | undefined> => {
  const ended: Ended = await safeband(['doctor', '--json'], {
    env: { DATABASE_URL: database.url, TZ: 'UTC', ...env },
  });
  const { findings }: { findings: { name: string }[] } = JSON.parse(ended.out);
  return findings.find((one) => one.name === name);
};
/** Starts a server with these settings, and returns one check of its `/readyz`. */
async function readyz(env: Record<string, string>, name: string): Promise<object | undefined> {
  const server = start('server', { DATABASE_URL: database.url, ...env });
  await prints(server, 'server.started');
  const [, address = ''] = /"address":"([^"]+)"/.exec(server.output()) ?? [];
  const answer = await fetch(`${address}/readyz`);
  const { checks }: { checks: { name: string }[] } = JSON.parse(await answer.text());
  server.child.kill('SIGTERM');
  await server.ended;
  return checks.find((one) => one.name === name);
}

describe('a search attribute of the wrong type', () => {
  const env = () => ({
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: namespace,
  });
  it('a search attribute of the wrong type ends migrate with the fix, and is found by doctor and readyz', async () => {
    const searchAttributes = { InmailState: INT };
    const add = (): Promise<unknown> =>
      connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    // The server needs some moments for a new namespace.
    await expect.poll(() => add().then(() => 'added', String)).toBe('added');
    const migrating = start('migrate', { DATABASE_URL: database.url, ...env() });
    expect(await migrating.ended).toBe(1);
    expect(migrating.output()).toMatch(WRONG);
    expect(migrating.output()).toContain('search-attribute remove');
    expect(await doctor(env(), 'search attributes')).toMatchObject({
      level: 'fail',
      text: expect.stringMatching(WRONG),
      cure: expect.stringContaining('safeband migrate'),
    });
    expect(await readyz(env(), 'attributes')).toMatchObject({
      ok: false,
      found: expect.stringMatching(WRONG),
      cure: expect.stringContaining('search-attribute remove'),
    });
  });
});

describe('without the right to the operator service', () => {
  const env = () => ({ TEMPORAL_ADDRESS: denying.address });
  it('migrate without the right to the operator service does the rest, and names the task of an administrator', async () => {
    const migrating = start('migrate', { DATABASE_URL: database.url, ...env() });
    expect(await migrating.ended).toBe(1);
    expect(migrating.output()).toMatch(/schedule inmail-fleet-audit: (made|updated)/);
    expect(sentenceOf(migrating.output())).toMatch(/administrator.*InmailState.*InmailTier/);
  });

  it('doctor warns of a missing right to the operator service, and readyz is ready', async () => {
    expect(await doctor(env(), 'search attributes')).toMatchObject({
      level: 'warn',
      cure: expect.stringContaining('search-attribute create'),
    });
    expect(await readyz(env(), 'attributes')).toBe(undefined);
  });
});

describe('TLS with a CA of its own', () => {
  const env = () => ({ DATABASE_URL: database.url, TEMPORAL_ADDRESS: encrypted.address });
  it.each(['worker', 'server'] as const)(
    'TLS with its own CA is accepted by the %s that knows the CA',
    async (entry) => {
      const started = start(entry, { ...env(), TEMPORAL_TLS_SERVER_CA_CERT_PATH: CA_FILE });
      await prints(started, `${entry}.started`);
      started.child.kill('SIGTERM');
      expect(await started.ended).toBe(0);
    },
  );

  it.each(['worker', 'server'] as const)(
    'TLS with its own CA ends the %s that does not know the CA, with the name of the setting',
    async (entry) => {
      const started = start(entry, { ...env(), TEMPORAL_TLS: 'true' });
      expect(await started.ended).toBe(1);
      expect(sentenceOf(started.output())).toMatch(/TEMPORAL_TLS_SERVER_CA_CERT_PATH/);
    },
  );
});
