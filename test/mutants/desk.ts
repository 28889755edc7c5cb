/** What a check of the database works with: activities that may be broken, and a new account. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Activities, Ran, Saved } from '../../src/activities/ports.js';
import { batchOf, type Actor } from '../../src/domain/actor.js';
import { accountRow } from '../../src/domain/facts.js';
import { isAccountId, type AccountId } from '../../src/domain/ids.js';
import type { Foreign } from '../../src/domain/stored.js';
import { migrate } from '../../src/postgres/migrate.js';
import { createPool, type Pool } from '../../src/postgres/pool.js';
import { anAccount, must, type Scenario } from '../support/scenario.js';
import { freshDatabase } from '../support/stand.js';

export type Database = {
  readonly url: string;
  readonly pool: Pool;
  readonly drop: () => Promise<void>;
};
type Build = (needs: { pool: Pool }) => Activities;

/** A database as the migrations of these sources make it; without sources, as ours do. */
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

/** How these sources build their activities. */
export async function activitiesOf(sources: string): Promise<Build> {
  const home = pathToFileURL(path.join(sources, 'src', 'activities', 'index.ts')).href;
  const found: { createActivities: Build } = await import(/* @vite-ignore */ home);
  return found.createActivities;
}

export const OWNER = 'this chain';
let accounts = 0;

/** One account, claimed, and what is done to its rows. */
export class Desk {
  readonly pool: Pool;
  readonly build: Build;
  readonly activities: Activities;
  readonly accountId: AccountId;

  constructor(pool: Pool, build: Build) {
    this.pool = pool;
    this.build = build;
    this.activities = build({ pool });
    this.accountId = must(isAccountId, `desk-${process.pid}-${(accounts += 1)}`);
  }

  /** The account as it begins; its row is claimed. */
  async begin(start: object = {}, now?: number): Promise<Scenario> {
    const account = anAccount({ accountId: this.accountId, ...start }, now ? { now } : {});
    const row = accountRow(account.actor.account, account.actor.version);
    await this.activities.claim({ owner: OWNER, found: null, row });
    return account;
  }

  save(actor: Actor, owner = OWNER): Promise<Saved> {
    return this.activities.save({ owner, ...batchOf(actor) });
  }

  run({ actor, now }: Scenario, runId: string, foreign: Foreign | null = null): Promise<Ran> {
    const { account } = actor;
    const ask = { owner: OWNER, ...batchOf(actor), runId, account, foreign, at: now };
    return this.activities.reconcile(ask);
  }

  /** Rows of this account, whose id is `$1`. */
  async all(sql: string, ...values: readonly unknown[]): Promise<readonly object[]> {
    return (await this.pool.query<object>(sql, [this.accountId, ...values])).rows;
  }
}
