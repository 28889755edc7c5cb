/** What commands about many accounts read and order: the brake. */
import type { BrakeOrder, SafebandClient } from '../../client/index.js';
import type { Engaged, Released } from '../../domain/fleet/brake.js';
import type { Pool } from '../../postgres/pool.js';
import { readBrakes, type BrakesRead } from '../../status/brakes.js';
import { having } from './answers.js';
import type { Http } from './http.js';

export type Brakes = {
  readonly read: () => Promise<BrakesRead>;
  readonly engage: (order: BrakeOrder) => Promise<Engaged>;
  readonly release: (order: BrakeOrder) => Promise<Released>;
};

type Reach = {
  readonly pool: () => Pool;
  readonly hasDatabase: () => boolean;
  readonly client: () => Promise<SafebandClient>;
};

/** Returns the brake by Temporal; without Postgres, who and why are not known. */
export const directBrakes = ({ pool, hasDatabase, client }: Reach): Brakes => ({
  read: async () => readBrakes(await client(), hasDatabase() ? pool() : null),
  engage: async (order) => (await client()).brake.engage(order),
  release: async (order) => (await client()).brake.release(order),
});

/** Returns the brake by the HTTP API. */
export const byKeyBrakes = (http: Http): Brakes => ({
  read: async () => having<BrakesRead>(await http.get('/v1/brake'), ['held', 'history']),
  engage: async (order) =>
    having<Engaged>(await http.post('/v1/brake', order), ['brakeId', 'since', 'heldBefore']),
  release: async (order) =>
    having<Released>(await http.post('/v1/brake/release', order), ['released']),
});
