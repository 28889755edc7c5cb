/** The HTTP server on a test's stand, with keys, and what every answer must be. */
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { checkTemporal } from '../../src/doctor/temporal.js';
import { createApp } from '../../src/http/app.js';
import { reasonOf } from '../../src/http/operations/doctorRoute.js';
import type { Operations } from '../../src/http/operations/operations.js';
import { createMetrics } from '../../src/platform/metrics.js';
import { knownMigrations } from '../../src/postgres/migrate.js';
import { countPollers, hasEnded } from '../../src/temporal/connect.js';
import { startOrder } from '../../src/temporal/orders.js';
import { workflowIdOf } from '../../src/temporal/protocol.js';
import type { Role } from '../../src/http/access/caller.js';
import { makeKey } from '../../src/postgres/access/keys.js';
import { serverDesk } from '../../src/postgres/groups/serverDesk.js';
import { keyOf } from '../../src/postgres/data/erasureKey.js';
import { isKnown } from '../../src/postgres/read/lists.js';
import { withPatience } from './patience.js';
import { createStand, type Stand, type StandOptions } from './stand.js';
import type { Needs } from '../../src/http/context.js';

export type Answer = LightMyRequestResponse;
export type HttpStand = Stand & {
  readonly app: FastifyInstance;
  /** Makes a key of that role. */
  readonly key: (
    role: Role,
    accounts?: readonly string[] | null,
    groups?: readonly string[],
  ) => Promise<string>;
  /** Sends a request with a key. With a body, it is a POST of JSON. */
  readonly ask: (key: string, url: string, body?: unknown, more?: InjectOptions) => Promise<Answer>;
  /** Sends the fields as the form of a page does. */
  readonly submit: (
    key: string,
    url: string,
    fields: Readonly<Record<string, string>>,
  ) => Promise<Answer>;
};

/** Health checks and metrics, as in the real server. */
export const operationsOf = async ({
  connection,
  client,
  taskQueue,
}: Stand): Promise<Operations> => ({
  metrics: createMetrics(),
  countPollers: () => countPollers({ connection, namespace: 'default' }, taskQueue),
  readSchedules: async () => [],
  checkTemporal: () => {
    const temporal = { address: 'here', namespace: 'default', taskQueue, connection, client };
    return checkTemporal(async () => temporal, Date.now(), reasonOf);
  },
  migrations: await knownMigrations(),
});

export async function createHttpStand(
  more: Partial<Needs> = {},
  options: StandOptions = {},
): Promise<HttpStand> {
  const own = await createStand(options);
  const { client, taskQueue, pool } = own;
  const { stand, client: patient } = withPatience(own, {
    rememberDenialsMs: 0,
    isKnown: (accountId) => isKnown(pool, accountId),
    groups: serverDesk(pool, Date.now),
    hasWorker: options.taskQueue === undefined,
  });
  const app = await createApp({
    client: patient,
    pool,
    logger: pino({ level: 'silent' }),
    now: Date.now,
    hasEnded: (accountId) => hasEnded(client, workflowIdOf(accountId)),
    startOrder: (orderId) => startOrder(client, orderId, taskQueue),
    temporalUiUrl: null,
    erasure: { pool: () => pool, key: keyOf(Buffer.alloc(32, 7)) },
    operations: await operationsOf(stand),
    ...more,
  });
  let keys = 0;
  return {
    ...stand,
    app,
    key: async (role, accounts = null, groups) => {
      const name = `${role}-${(keys += 1)}`;
      const made = await makeKey(pool, { name, role, accounts, groups: groups ?? null });
      if (!made) throw new Error(`the name ${name} is taken`);
      return made.key;
    },
    ask: (key, url, body, asked = {}) =>
      app.inject({
        url,
        method: body === undefined ? 'GET' : 'POST',
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
        ...asked,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...asked.headers,
        },
      }),
    submit: (key, url, fields) =>
      app.inject({
        method: 'POST',
        url,
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        payload: new URLSearchParams(fields).toString(),
      }),
    close: async () => {
      await app.close();
      await stand.close();
    },
  };
}
