/** The workflows of the benchmark's worker: those of the product, and one with a bare Update. */
import { condition, defineUpdate, setHandler, allHandlersFinished } from '@temporalio/workflow';
export {
  inmailAccount,
  inmailBrake,
  inmailFleetAudit,
  inmailOrder,
} from '../src/workflows/index.js';

export async function bare(): Promise<void> {
  setHandler(defineUpdate<object, [object]>('noop'), () => ({ granted: true }));
  await condition(() => false);
  await condition(allHandlersFinished);
}
