/**
 * Sets up the SDK's runtime of a process: it writes to our log, and serves the worker's metrics.
 * Those are the SDK's own, and the metrics that workflows count (`src/workflows/metrics.ts`).
 */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { errorText } from '../domain/primitives/errorText.js';
import { forward } from '../platform/logger.js';
import { ConfigError } from '../platform/environment.js';

/**
 * A text of the SDK's core. If a Query and a task of one account both wait for a place in a full
 * cache, the core (1.24) loses one of the two, and the place. The account's tasks are not processed
 * until the worker ends, and a worker that has lost all places does nothing more. The buffer came
 * with sdk-core's pull request 740.
 */
const TASK_LOST = 'Extra buffered run should not have produced an activation';

/** Buckets of an account's waiting rows: one in an idle tick, some if busy, many in an outage. */
const ROWS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

/**
 * Installs the runtime; call it before the first connection. `metricsAddress`: where metrics are
 * served, such as `0.0.0.0:9464`; absent: nowhere. Throws a ConfigError if that address is taken.
 * `onTaskLost` is called if the core loses a task of an account.
 */
export function installRuntime(
  logger: Logger,
  metricsAddress: string | undefined,
  onTaskLost: () => void = () => undefined,
): void {
  try {
    Runtime.install({
      shutdownSignals: [], // until the worker runs, a signal ends the process; then worker.ts does
      logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
        forward(logger, { isError: level === 'ERROR', message, meta: { ...meta } });
        if (message.includes(TASK_LOST)) onTaskLost();
      }),
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
    const why = errorText(error);
    throw new ConfigError(
      `SAFEBAND_METRICS_ADDRESS=${metricsAddress}: the worker cannot listen there (${why}); ` +
        'free the port, or use another',
    );
  }
}
