/** What load balancers and Prometheus ask of a server. */
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../../platform/metrics.js';
import type { Instant } from '../../domain/primitives/time.js';
import { readGauges } from '../../postgres/operations/gauges.js';
import { readHealth } from '../../postgres/operations/health.js';
import type { Pool } from '../../postgres/pool.js';
import type { SchedulesFlaw } from './health.js';
import { serveHealth } from '../routes/health.js';
import { serveMetrics } from '../routes/metrics.js';

export type Operations = {
  readonly metrics: Metrics;
  /** How many workers poll the task queue; throws where Temporal does not answer. */
  readonly countPollers: () => Promise<number>;
  /** What is wrong with each of our Schedules; throws where Temporal does not answer. */
  readonly readSchedules: () => Promise<readonly SchedulesFlaw[]>;
  /** What is wrong with the search attributes; undefined: nothing. Throws where it may not look. */
  readonly readAttributes?: () => Promise<{ found: string; cure: string } | undefined>;
  /** The migrations of this version, in order. */
  readonly migrations: readonly string[];
};

/** `/livez`, `/readyz` and `/metrics`; before other routes, because all are measured. */
export function addOperations(
  app: FastifyInstance,
  {
    pool,
    now,
    operations,
  }: { readonly pool: Pool; readonly now: () => Instant; readonly operations: Operations },
): void {
  const { metrics, ...asked } = operations;
  serveMetrics(app, { metrics, readGauges: () => readGauges(pool), now });
  serveHealth(app, { ...asked, readHealth: () => readHealth(pool), now });
}
