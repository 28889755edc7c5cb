/**
 * `GET /metrics`, for Prometheus: the latencies of this process, and the fleet as Postgres has it.
 * The figures name no account but count all of them, so they need a key of all accounts.
 */
import type { FastifyInstance } from 'fastify';
import { forbidden } from '../plumbing/problems.js';
import { within } from '../plumbing/within.js';
import type { Metrics } from '../../platform/metrics.js';
import type { Gauges } from '../../postgres/operations/gauges.js';
import type { Instant } from '../../domain/primitives/time.js';

/** How long gauges are reused, so that several scrapers share one read of the database. */
const GAUGES_FRESH_MS = 15_000;
/** Prometheus gives up after 10 s, and the process's own figures matter most if Postgres fails. */
const GAUGES_WAIT_MS = 3_000;

const CURE = 'use a key of all accounts';

export type MetricsNeeds = {
  readonly metrics: Metrics;
  readonly readGauges: () => Promise<Gauges>;
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
  const read = remembering(needs);
  app.get('/metrics', { config: { needs: 'read' } }, async ({ caller }, reply) => {
    if (caller.accounts !== null) throw forbidden('this key is limited to some accounts', CURE);
    metrics.linked(needs.runbookUrl());
    metrics.show(await read());
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
}

/** Returns the last gauges while they are fresh; null if Postgres does not answer. */
function remembering({ readGauges, now }: MetricsNeeds): () => Promise<Gauges | null> {
  let reading: Promise<Gauges | null> | null = null;
  let readAt = 0;
  return () => {
    if (!reading || now() - readAt >= GAUGES_FRESH_MS) {
      readAt = now();
      reading = within(readGauges(), GAUGES_WAIT_MS).catch(() => {
        readAt = 0; // the next scrape tries again
        return null;
      });
    }
    return reading;
  };
}
