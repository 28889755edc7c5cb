/** The tools of a check of the database: activities that may be broken, and a new account. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { asyncLocalStorage, Context } from '@temporalio/activity';
import { build as bundle } from 'esbuild';
import { USUAL_SIZES } from '../../src/platform/sizes.js';
import type { DataNeeds } from '../../src/activities/audit/seals.js';
import type { fleetActivities, Workflows } from '../../src/activities/fleet.js';
import type { createActivities } from '../../src/activities/index.js';
import type { Activities, Ran, Saved } from '../../src/activities/ports.js';
import type { Entity } from '../../src/domain/entity/entity.js';
import { deliver } from '../../src/domain/commands/deliver.js';
import { accountRow } from '../../src/domain/records/toRecords.js';
import { RETENTION_DEFAULT } from '../../src/domain/records/retention.js';
import { isAccountId, type AccountId } from '../../src/domain/primitives/ids.js';
import type { TasksReading } from '../../src/domain/reconcile/failingTasks.js';
import { reserve } from '../../src/domain/commands/reserve.js';
import type { orderOf } from '../../src/domain/diagnostics/canSend/groupOrder.js';
import type { findKey, makeKey } from '../../src/postgres/access/keys.js';
import type { Asking } from '../../src/client/brake/asking.js';
import type { Brake } from '../../src/client/brake/brake.js';
import type { Denials } from '../../src/client/denials.js';
import type { GroupAsking } from '../../src/client/group/groupAsking.js';
import type { withDefaults } from '../../src/domain/commands/groupDefaults.js';
import type { routeOf } from '../../src/domain/fleet/groupAsk.js';
import type { pgGroupDesk } from '../../src/postgres/groups/desk.js';
import type { previewOrder } from '../../src/postgres/fleet/orderPreview.js';
import type { keepOrder, keepTakeBack } from '../../src/postgres/fleet/orders.js';
import type { idsOfGroup, readLargest } from '../../src/postgres/groups/members.js';
import type { countOpenAlerts, pageAlerts } from '../../src/postgres/alerts/alerts.js';
import type { erasePerson } from '../../src/postgres/data/erase.js';
import type { keyOf } from '../../src/postgres/data/erasureKey.js';
import type { sealMonths } from '../../src/postgres/data/seal.js';
import type { exportMonth } from '../../src/postgres/data/signedMonth.js';
import type { verifySeals } from '../../src/postgres/data/verifySeals.js';
import { migrate } from '../../src/postgres/migrate.js';
import type { listAccounts } from '../../src/postgres/read/accountPages.js';
import type { pageCampaignDays } from '../../src/postgres/read/campaignDays.js';
import type { pageWaiting } from '../../src/postgres/read/waiting.js';
import { createPool, type Pool } from '../../src/postgres/pool.js';
import type { readWindow } from '../../src/postgres/webhooks/queue.js';
import { anAccount, c, must, r, type Scenario } from '../support/scenario.js';
import { freshDatabase } from '../support/stand.js';
import { batchOf } from '../../src/domain/entity/writes.js';
import { breaking, project, scratch, type Mutant } from './mutant.js';

export type Database = {
  readonly url: string;
  readonly pool: Pool;
  readonly drop: () => Promise<void>;
};
/** The parts that a check needs, from the project's sources or from broken ones. */
export type Build = {
  readonly createActivities: typeof createActivities;
  readonly fleetActivities: typeof fleetActivities;
  readonly pageAlerts: typeof pageAlerts;
  readonly countOpenAlerts: typeof countOpenAlerts;
  readonly pageCampaignDays: typeof pageCampaignDays;
  readonly listAccounts: typeof listAccounts;
  readonly findKey: typeof findKey;
  readonly makeKey: typeof makeKey;
  readonly idsOfGroup: typeof idsOfGroup;
  readonly readLargest: typeof readLargest;
  readonly pageWaiting: typeof pageWaiting;
  readonly orderOf: typeof orderOf;
  readonly pgGroupDesk: typeof pgGroupDesk;
  readonly GroupAsking: typeof GroupAsking;
  readonly routeOf: typeof routeOf;
  readonly erasePerson: typeof erasePerson;
  readonly keyOf: typeof keyOf;
  readonly sealMonths: typeof sealMonths;
  readonly verifySeals: typeof verifySeals;
  readonly exportMonth: typeof exportMonth;
  readonly withDefaults: typeof withDefaults;
  readonly readWindow: typeof readWindow;
  readonly Brake: typeof Brake;
  readonly Asking: typeof Asking;
  readonly Denials: typeof Denials;
  readonly keepOrder: typeof keepOrder;
  readonly keepTakeBack: typeof keepTakeBack;
  readonly previewOrder: typeof previewOrder;
};

/** Creates a database with the migrations of these sources; without sources, of the project. */
export async function databaseOf(sources?: string): Promise<Database> {
  const { url, drop } = await freshDatabase(sources && 'template1');
  if (sources) await migrate(url, undefined, path.join(sources, 'migrations'));
  const pool = createPool(url);
  const close = async (): Promise<void> => {
    await pool.end();
    await drop();
  };
  return { url, pool, drop: close };
}

/** Where a check finds each of its parts. */
const PARTS: Readonly<Record<string, readonly (keyof Build)[]>> = {
  'activities/index': ['createActivities'],
  'activities/fleet': ['fleetActivities'],
  'postgres/alerts/alerts': ['pageAlerts', 'countOpenAlerts'],
  'postgres/read/campaignDays': ['pageCampaignDays'],
  'postgres/read/accountPages': ['listAccounts'],
  'postgres/access/keys': ['findKey', 'makeKey'],
  'postgres/groups/members': ['idsOfGroup', 'readLargest'],
  'postgres/read/waiting': ['pageWaiting'],
  'domain/diagnostics/canSend/groupOrder': ['orderOf'],
  'domain/fleet/groupAsk': ['routeOf'],
  'postgres/groups/desk': ['pgGroupDesk'],
  'client/group/groupAsking': ['GroupAsking'],
  'postgres/data/erase': ['erasePerson'],
  'postgres/data/erasureKey': ['keyOf'],
  'postgres/data/seal': ['sealMonths'],
  'postgres/data/verifySeals': ['verifySeals'],
  'postgres/data/signedMonth': ['exportMonth'],
  'domain/commands/groupDefaults': ['withDefaults'],
  'postgres/webhooks/queue': ['readWindow'],
  'client/brake/brake': ['Brake'],
  'client/brake/asking': ['Asking'],
  'client/denials': ['Denials'],
  'postgres/fleet/orders': ['keepOrder', 'keepTakeBack'],
  'postgres/fleet/orderPreview': ['previewOrder'],
};
let builds = 0;

/** Makes one file of these parts, from the sources or from sources that are broken, and loads it. */
export async function buildOf(mutant?: Mutant): Promise<Build> {
  // In a folder of this name, because the test runner compiles no file of it again.
  const outfile = path.join(scratch, 'node_modules', `build-${(builds += 1)}.mjs`);
  const contents = Object.entries(PARTS)
    .map(([file, names]) => `export { ${names.join(', ')} } from './${file}.js';`)
    .join('\n');
  await bundle({
    stdin: { contents, resolveDir: path.join(project, 'src'), loader: 'ts' },
    bundle: true,
    packages: 'external', // the packages of this process, so that its activity context is theirs
    format: 'esm',
    platform: 'node',
    outfile,
    plugins: mutant ? [breaking(mutant)] : [],
  });
  const made: Build = await import(/* @vite-ignore */ pathToFileURL(outfile).href);
  return made;
}

/** Drops heartbeats and log lines, because these activities run without a worker. */
const inActivity = <T>(work: () => Promise<T>): Promise<T> =>
  asyncLocalStorage.run(
    Object.create(Context.prototype, {
      heartbeat: { value: () => undefined },
      log: { value: { info: () => undefined, warn: () => undefined } },
    }),
    work,
  );
async function* idsOf(ids: readonly string[]): AsyncIterable<string> {
  yield* ids;
}

export const OWNER = 'this chain';
let accounts = 0;

/** The effect of an audit on the account of the desk. */
export type Audits = {
  readonly runId: string;
  readonly isWoken: boolean;
  readonly isStarted: boolean;
  readonly isTerminated: boolean;
  /** The orders that were started, and whether each was stopped. */
  readonly orders: ReadonlyMap<string, boolean>;
};
/** The tasks of the desk's account, as Temporal reports them. */
export type TasksAtDesk = { readonly reading: TasksReading; readonly unread?: string };

/** One claimed account, and the operations on its rows. */
export class Desk {
  readonly pool: Pool;
  readonly build: Build;
  readonly activities: Activities;
  readonly accountId: AccountId;

  constructor(pool: Pool, build: Build) {
    this.pool = pool;
    this.build = build;
    this.activities = build.createActivities({ pool });
    this.accountId = must(isAccountId, `desk-${process.pid}-${(accounts += 1)}`);
  }

  /** Starts the account and claims its row. */
  async begin(start: object = {}, now?: number): Promise<Scenario> {
    const account = anAccount({ accountId: this.accountId, ...start }, now ? { now } : {});
    const row = accountRow(account.entity.account, account.entity.version);
    await this.activities.claim({ owner: OWNER, found: null, row });
    return account;
  }

  save(entity: Entity, owner = OWNER): Promise<Saved> {
    return this.activities.save({ owner, ...batchOf(entity) });
  }

  run({ entity, now }: Scenario, runId: string): Promise<Ran> {
    const { account } = entity;
    const ask = { owner: OWNER, ...batchOf(entity), runId, account, at: now };
    return this.activities.reconcile(ask);
  }

  /** Audits the fleet, with a Temporal that runs the account's workflow or has lost it. */
  async audit(
    at: number,
    isGone = false,
    failing?: TasksAtDesk,
    data: Partial<DataNeeds> = {},
  ): Promise<Audits> {
    const woken: string[] = [];
    const started: string[] = [];
    const terminated: string[] = [];
    const orders = new Map<string, boolean>();
    const start: Workflows['start'] = async ({ accountId }) => void started.push(accountId);
    const workflows: Workflows = {
      running: () => idsOf(isGone ? [] : [this.accountId]),
      wake: async (id) => {
        woken.push(id);
        return id !== this.accountId || !isGone;
      },
      start,
      startOrder: async (orderId, isStopped) => void orders.set(orderId, isStopped),
      tasks: {
        reported: () => idsOf(failing ? [this.accountId] : []),
        read: async (id) => (id === this.accountId ? (failing?.reading ?? null) : null),
        unread: async () => failing?.unread ?? null,
        terminate: async (id) => void terminated.push(id),
        start,
      },
    };
    const { auditFleet } = this.build.fleetActivities(this.pool, workflows, USUAL_SIZES, {
      keep: RETENTION_DEFAULT,
      ...data,
    });
    const runId = `audit-${this.accountId}-${at}`;
    await inActivity(() => auditFleet({ runId, at, skewMs: 0 }));
    return {
      runId,
      isWoken: woken.includes(this.accountId),
      isStarted: started.includes(this.accountId),
      isTerminated: terminated.includes(this.accountId),
      orders,
    };
  }

  /** Reads rows of this account, whose id is `$1`. */
  async all(sql: string, ...values: readonly unknown[]): Promise<readonly object[]> {
    return (await this.pool.query<object>(sql, [this.accountId, ...values])).rows;
  }
}

export type DatabaseCheck = (desk: Desk) => Promise<void>;

/** Returns the account with one InMail in flight and one delivered. */
export const spent = (account: Scenario): Scenario =>
  account
    .when(reserve, { reservationId: r('a') })
    .when(reserve, { reservationId: r('b') })
    .when(deliver, { reservationId: r('a'), chatId: c('chat-a') });
