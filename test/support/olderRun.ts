/** A workflow run of older code, which hands its state to today's code by continue-as-new. */
import { makeContinueAsNewFunc } from '@temporalio/workflow';
import { WORKFLOW_TYPE } from '../../src/temporal/protocol.js';

export * from '../../src/workflows/index.js';

export const olderRun = (carried: object): Promise<never> =>
  makeContinueAsNewFunc<(carried: object) => Promise<never>>({ workflowType: WORKFLOW_TYPE })(
    carried,
  );
