/**
 * `npm run migrate`: updates the database to this version, and registers in Temporal the search
 * attributes and the Schedules of the fleet audit and of the webhooks. If Temporal denies the
 * search attributes, the Schedules are still registered.
 */
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import {
  attributesFlaw,
  deniedText,
  isDenied,
  readAttributes,
  registerAttributes,
} from './temporal/attributes.js';
import { dataConverterFrom } from './temporal/codec.js';
import { configFrom, type Config } from './platform/config.js';
import { plaintextDatabase, plaintextTemporal } from './platform/plaintext.js';
import { shownLines } from './domain/primitives/text.js';
import { migrate } from './postgres/migrate.js';
import { refusalOf } from './postgres/refusal.js';
import { registerSchedules } from './temporal/schedules.js';
import {
  reportPlainly,
  runEntry,
  startWaitFrom,
  printPlainly,
  Waiting,
} from './platform/starting.js';
import { reachTemporal, temporalSettings, type Reached } from './temporal/connect.js';
import { ConfigError } from './platform/environment.js';

const print = (line: string): void => {
  process.stdout.write(`${shownLines(line)}\n`);
};

async function registerInTemporal({ payloadKeys }: Config, waiting: Waiting): Promise<void> {
  const reached = await reachTemporal(
    process.env,
    (options) => NativeConnection.connect(options),
    waiting,
  );
  const { connection, namespace } = reached;
  try {
    const attributes = await attributesIn(reached);
    if (attributes.done) print(attributes.done);
    const dataConverter = dataConverterFrom(payloadKeys);
    const client = new Client({ connection, namespace, dataConverter });
    const schedules = await registerSchedules(client);
    for (const [scheduleId, done] of schedules) print(`schedule ${scheduleId}: ${done}`);
    if (attributes.flaw) throw new ConfigError(attributes.flaw);
  } finally {
    await connection.close();
  }
}

/**
 * Registers the attributes. Without that right, accounts may run: an administrator may have done
 * it.
 */
async function attributesIn(
  reached: Reached<NativeConnection>,
): Promise<{ readonly done?: string; readonly flaw?: string }> {
  try {
    const done = await registerAttributes(reached);
    const flaw = attributesFlaw(await readAttributes(reached), reached.namespace);
    return flaw ? { flaw: `search attributes: ${flaw.found}; ${flaw.cure}` } : { done };
  } catch (error) {
    if (isDenied(error)) return { flaw: deniedText(reached.namespace) };
    throw error;
  }
}

async function main(): Promise<void> {
  const config = configFrom(process.env);
  const [setting, url] = config.directUrl
    ? ['DATABASE_DIRECT_URL', config.directUrl]
    : ['DATABASE_URL', config.databaseUrl];
  const { address, isEncrypted } = temporalSettings(process.env);
  for (const why of [
    plaintextDatabase(setting, url, process.env),
    plaintextTemporal(address, isEncrypted),
  ]) {
    if (why !== undefined) printPlainly(`warning: ${why}`);
  }
  const waiting = new Waiting(startWaitFrom(process.env, 0), reportPlainly);
  const applied = await waiting.until(
    () => migrate(url, print),
    (error) => refusalOf(error, setting),
  );
  print(applied.length > 0 ? `${applied.length} migrations applied` : 'the database is up to date');
  await registerInTemporal(config, waiting);
}

runEntry(main, printPlainly);
