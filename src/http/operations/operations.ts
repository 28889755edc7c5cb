/** The routes for load balancers and Prometheus. */
import type { FastifyInstance } from 'fastify';
import type { SafebandClient } from '../../client/index.js';
import type { Finding } from '../../doctor/finding.js';
import type { Metrics } from '../../platform/metrics.js';
import { rollLatestMs } from '../../domain/primitives/midnight.js';
import { SECOND_MS, type Instant } from '../../domain/primitives/time.js';
import { readGauges } from '../../postgres/operations/gauges.js';
import { USUAL_SIZES } from '../../platform/sizes.js';
import { readHealth } from '../../postgres/operations/health.js';
import type { Pool } from '../../postgres/pool.js';
import type { SchedulesFlaw } from './health.js';
import { serveHealth } from '../routes/health.js';
import { runbookUrlOf } from '../runbookUrl.js';
import { serveMetrics } from '../routes/metrics.js';

export type Operations = {
  readonly metrics: Metrics;
  /** Over how many seconds after midnight the accounts spread their resets (R7). */
  readonly midnightSpreadSeconds?: number;
  /** Returns how many workers poll the task queue; throws if Temporal does not answer. */
  readonly countPollers: () => Promise<number>;
  /** Returns the fault of each of our Schedules; throws if Temporal does not answer. */
  readonly readSchedules: () => Promise<readonly SchedulesFlaw[]>;
  /** Returns the fault of the search attributes, if any. Throws if it has no right to read them. */
  readonly readAttributes?: () => Promise<{ found: string; cure: string } | undefined>;
  /** Checks Temporal and its workers for the doctor. */
  readonly checkTemporal: () => Promise<readonly Finding[]>;
  /** The migrations of this version, in order. */
  readonly migrations: readonly string[];
};

/** Adds `/livez`, `/readyz` and `/metrics`; before other routes, because it measures all routes. */
export function addOperations(
  app: FastifyInstance,
  {
    pool,
    client,
    now,
    operations,
    runbookUrl,
  }: {
    readonly pool: Pool;
    readonly client: Pick<SafebandClient, 'brake'>;
    readonly now: () => Instant;
    readonly operations: Operations;
    readonly runbookUrl?: string | null;
  },
): void {
  const { metrics, checkTemporal: _, midnightSpreadSeconds, ...asked } = operations;
  const spreadMs = (midnightSpreadSeconds ?? USUAL_SIZES.midnightSpreadSeconds) * SECOND_MS;
  serveMetrics(app, {
    metrics,
    readGauges: () => readGauges(pool, rollLatestMs(spreadMs)),
    readBrakes: () => client.brake.state(),
    now,
    runbookUrl: () => runbookUrlOf(app, runbookUrl),
  });
  serveHealth(app, { ...asked, readHealth: () => readHealth(pool), now });
}
