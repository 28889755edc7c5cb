/**
 * Preloaded into a worker: it runs the workflow bundle of the test run (`BUILT_BUNDLE`) and does not
 * build the same bundle again, because that takes several seconds of computing.
 * Plain JavaScript, because worker threads load it as well, and they have nothing to replace.
 */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/** What the worker would build a bundle of. */
const SOURCES = { workflowsPath: undefined, bundlerOptions: undefined, interceptors: undefined };

const codePath = process.env['BUILT_BUNDLE'];
if (isMainThread && codePath) {
  // What compiles a bundle is a third of what a worker loads. This worker compiles none.
  const require = createRequire(import.meta.url);
  for (const name of ['webpack', 'memfs', 'unionfs']) {
    const filename = require.resolve(name);
    require.cache[filename] = { id: filename, filename, loaded: true, exports: {} };
  }
  const { Worker } = await import('@temporalio/worker');
  const create = Worker.create.bind(Worker);
  Worker.create = (options) => {
    if (!options.workflowsPath) throw new Error('this worker has a bundle: do not preload this');
    return create({ ...options, ...SOURCES, workflowBundle: { codePath } });
  };
}
