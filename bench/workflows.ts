/** What the benchmark's worker can run: the account, and a workflow with a bare Update beside it. */
import { condition, defineUpdate, setHandler, allHandlersFinished } from '@temporalio/workflow';
export { inmailAccount } from '../src/workflows/index.js';

export async function bare(): Promise<void> {
  setHandler(defineUpdate<object, [object]>('noop'), () => ({ granted: true }));
  await condition(() => false);
  await condition(allHandlersFinished);
}
