/**
 * Preloaded into a worker: on SIGHUP, Temporal's core seems to report that it lost a task. The real
 * fault comes at random, with more accounts that get Queries than the worker keeps in memory.
 */
import { Runtime } from '@temporalio/worker';

const install = Runtime.install.bind(Runtime);
Runtime.install = (options) => {
  process.once('SIGHUP', () => {
    options.logger.error('Extra buffered run should not have produced an activation');
  });
  return install(options);
};
