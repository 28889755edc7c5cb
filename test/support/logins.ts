/** A database of its own, with logins that are members of the roles, as operators make them. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { createPool, type Pool } from '../../src/postgres/pool.js';
import { freshDatabase } from './stand.js';

export type Logins = {
  readonly databaseUrl: string;
  /** Belongs to the owner of the tables. */
  readonly owner: Pool;
  /** The roles to remove at the end, in the order in which they were made. */
  readonly names: string[];
  /** Returns a role name that no other test uses, because the roles of a server are shared. */
  readonly nameOf: (stem: string) => string;
  /** Returns the address of the database for a login with this name. */
  readonly urlOf: (name: string) => string;
  /** Makes a login that is a member of the role, and returns its address. */
  readonly loginIn: (role: string) => Promise<string>;
  /** Makes a login that is a member of the role, and returns its pool of that size. */
  readonly poolIn: (role: string, size: number) => Promise<Pool>;
  readonly password: string;
  readonly stop: () => Promise<void>;
};

/** Makes the database; its owner has a pool of that size. */
export async function createLogins(ownerSize: number): Promise<Logins> {
  const suffix = randomUUID().slice(0, 8);
  const password = randomUUID();
  const database = await freshDatabase();
  const owner = createPool(database.url, ownerSize);
  const pools: Pool[] = [owner];
  const names: string[] = [];
  const nameOf = (stem: string): string => `${stem}_${suffix}`;
  const urlOf = (name: string): string =>
    Object.assign(new URL(database.url), { username: name, password }).href;
  const loginIn = async (role: string): Promise<string> => {
    const name = nameOf(`${role}_${names.length}`);
    await owner.query(`create role ${name} login password '${password}' in role ${role}`);
    names.push(name);
    return urlOf(name);
  };
  return {
    databaseUrl: database.url,
    owner,
    names,
    nameOf,
    urlOf,
    loginIn,
    password,
    poolIn: async (role, size) => {
      const pool = createPool(await loginIn(role), size);
      pools.push(pool);
      return pool;
    },
    stop: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
      await database.drop();
      const admin = new pg.Client({ connectionString: inject('postgresUrl') });
      await admin.connect();
      for (const name of names) await admin.query(`drop role ${name}`);
      await admin.end();
    },
  };
}
