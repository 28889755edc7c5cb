/** The workflows of the benchmark's worker: the account, and a workflow with a bare Update. */
import { condition, defineUpdate, setHandler, allHandlersFinished } from '@temporalio/workflow';
export { inmailAccount } from '../src/workflows/index.js';

export async function bare(): Promise<void> {
  setHandler(defineUpdate<object, [object]>('noop'), () => ({ granted: true }));
  await condition(() => false);
  await condition(allHandlersFinished);
}
