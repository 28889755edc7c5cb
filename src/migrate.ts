/**
 * `npm run migrate`: brings the database to this version, and tells Temporal the search attributes
 * and the Schedules of the fleet audit and of the webhooks.
 */
import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { dataConverterFrom } from './codec.js';
import { configFrom, sentenceOf, type Config } from './config.js';
import { shownLines } from './domain/text.js';
import { migrate } from './postgres/migrate.js';
import { SEARCH_ATTRIBUTES } from './protocol.js';
import { registerSchedules } from './schedule.js';
import { reachTemporal } from './temporal.js';

/** Temporal's number for an attribute that is found by its exact word. */
const KEYWORD = 2;

const say = (line: string): void => {
  process.stdout.write(`${shownLines(line)}\n`);
};

async function registerInTemporal({ payloadKeys }: Config): Promise<void> {
  const { connection, namespace } = await reachTemporal(process.env, (options) =>
    NativeConnection.connect(options),
  );
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({
      namespace,
    });
    const missing = Object.values(SEARCH_ATTRIBUTES).filter((name) => !(name in customAttributes));
    if (missing.length > 0) {
      const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    }
    say(
      `search attributes: ${missing.length > 0 ? `registered ${missing.join(', ')}` : 'are there'}`,
    );
    const dataConverter = dataConverterFrom(payloadKeys);
    const client = new Client({ connection, namespace, dataConverter });
    const schedules = await registerSchedules(client);
    for (const [scheduleId, done] of schedules) say(`schedule ${scheduleId}: ${done}`);
  } finally {
    await connection.close();
  }
}

try {
  const config = configFrom(process.env);
  const applied = await migrate(config.databaseUrl, say);
  say(applied.length > 0 ? `${applied.length} migrations applied` : 'the database is up to date');
  await registerInTemporal(config);
} catch (error) {
  const sentence = sentenceOf(error);
  const text =
    sentence ?? (error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.stderr.write(`${shownLines(text)}\n`);
  process.exitCode = 1;
}
