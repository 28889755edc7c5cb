/**
 * `GET /metrics`, for Prometheus: the latencies of this process, and the fleet as Postgres has it.
 * The figures name no account but count all of them, so they need a key of all accounts.
 */
import type { FastifyInstance } from 'fastify';
import { checkAllAccounts } from '../access/caller.js';
import { within } from '../plumbing/within.js';
import type { BrakeAge, Metrics } from '../../platform/metrics.js';
import type { Brake, BrakeState } from '../../domain/fleet/brake.js';
import type { Gauges } from '../../postgres/operations/gauges.js';
import { parseInstant, SECOND_MS, type Instant } from '../../domain/primitives/time.js';

/** How long gauges are reused, so that several scrapers share one read of the database. */
const GAUGES_FRESH_MS = 15_000;
/** Prometheus gives up after 10 s, and the process's own figures matter most if Postgres fails. */
const GAUGES_WAIT_MS = 3_000;

export type MetricsNeeds = {
  readonly metrics: Metrics;
  readonly readGauges: () => Promise<Gauges>;
  /** Reads the brakes that are on, from Temporal (R27). */
  readonly readBrakes: () => Promise<BrakeState>;
  readonly now: () => Instant;
  /** Returns the absolute address of the runbook. */
  readonly runbookUrl: () => string;
};

/** Adds the route, and measures every request of this app; call it before other routes. */
export function serveMetrics(app: FastifyInstance, needs: MetricsNeeds): void {
  const { metrics } = needs;
  app.addHook('onResponse', async (request, reply) => {
    metrics.requested(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: reply.statusCode,
      },
      reply.elapsedTime / 1_000,
    );
  });
  const { now } = needs;
  const read = remembering(needs.readGauges, now);
  const readBrakes = remembering(needs.readBrakes, now);
  app.get('/metrics', { config: { needs: 'read' } }, async ({ caller }, reply) => {
    checkAllAccounts(caller);
    metrics.linked(needs.runbookUrl());
    const [gauges, brakes] = await Promise.all([read(), readBrakes()]);
    metrics.show(gauges);
    metrics.braked(brakes && brakes.map((one) => ageOf(one, now())));
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
}

const ageOf = ({ group, since }: Brake, at: Instant): BrakeAge => ({
  group,
  seconds: Math.max(0, at - (parseInstant(since) ?? at)) / SECOND_MS,
});

/** Returns the last answer while it is fresh; null if Postgres, or Temporal, does not answer. */
function remembering<T>(ask: () => Promise<T>, now: () => Instant): () => Promise<T | null> {
  let reading: Promise<T | null> | null = null;
  let readAt = 0;
  return () => {
    if (!reading || now() - readAt >= GAUGES_FRESH_MS) {
      readAt = now();
      reading = within(ask(), GAUGES_WAIT_MS).catch(() => {
        readAt = 0; // the next scrape tries again
        return null;
      });
    }
    return reading;
  };
}
