/** The SDK's runtime of this test process: quiet, and in place before any worker. */
import { DefaultLogger, Runtime } from '@temporalio/worker';

Runtime.install({ logger: new DefaultLogger('ERROR') });
