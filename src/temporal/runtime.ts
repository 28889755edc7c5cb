/**
 * The SDK's runtime of a process: its logs are ours, and it serves the worker's metrics, which are
 * the SDK's own and those that workflows count (`src/workflows/metrics.ts`).
 */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { forward } from '../platform/logger.js';
import { ConfigError } from '../platform/environment.js';

/** Rows that an account has waiting: one of an idle tick, some of a busy one, many of an outage. */
const ROWS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

/**
 * Installs the runtime; before the first connection. `metricsAddress`: where metrics are served,
 * such as `0.0.0.0:9464`; absent: nowhere. Throws a ConfigError where that address is taken.
 */
export function installRuntime(logger: Logger, metricsAddress: string | undefined): void {
  try {
    Runtime.install({
      shutdownSignals: [], // until the worker runs, a signal ends the process; then worker.ts does
      logger: new DefaultLogger('WARN', ({ level, message, meta }) =>
        forward(logger, { isError: level === 'ERROR', message, meta: { ...meta } }),
      ),
      telemetryOptions: {
        logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } },
        ...(metricsAddress === undefined
          ? {}
          : {
              metrics: {
                prometheus: {
                  bindAddress: metricsAddress,
                  countersTotalSuffix: true,
                  unitSuffix: true,
                  useSecondsForDurations: true,
                  histogramBucketOverrides: { safeband_rows_waiting: ROWS },
                },
              },
            }),
      },
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(
      `SAFEBAND_METRICS_ADDRESS=${metricsAddress}: it cannot be listened on (${why}); ` +
        'free the port, or name another',
    );
  }
}
