/** Makes another build of the workers current, and counts the accounts that moved to it. */
import type { Connection } from '@temporalio/client';
import { pause } from '../../dev/child.js';
import { WORKFLOW_TYPE } from '../../src/temporal/protocol.js';
import { NAMESPACE } from './config.js';

const DEPLOYMENT = 'safeband';
const KNOWN_WITHIN_MS = 60_000;
const MOVED_WITHIN_MS = 60_000;
const POLL_MS = 250;

/** Returns the settings of a worker of that build. */
export const settingsOf = (buildId: string): NodeJS.ProcessEnv => ({
  SAFEBAND_DEPLOYMENT_NAME: DEPLOYMENT,
  SAFEBAND_BUILD_ID: buildId,
});

/** Makes a build current, as soon as Temporal knows a worker of it. */
export async function makeCurrent({ workflowService }: Connection, buildId: string): Promise<void> {
  const deadline = Date.now() + KNOWN_WITHIN_MS;
  for (;;) {
    try {
      await workflowService.setWorkerDeploymentCurrentVersion({
        namespace: NAMESPACE,
        deploymentName: DEPLOYMENT,
        buildId,
      });
      return;
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${buildId} is not current`, { cause: error });
      await pause(POLL_MS);
    }
  }
}

/** Waits until that many accounts run on the build, and returns how many do. */
export async function accountsOn(
  { workflowService }: Connection,
  buildId: string,
  wanted: number,
): Promise<number> {
  const query =
    `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running' AND ` +
    `TemporalWorkerDeploymentVersion = '${DEPLOYMENT}:${buildId}'`;
  const deadline = Date.now() + MOVED_WITHIN_MS;
  for (;;) {
    const { count } = await workflowService.countWorkflowExecutions({
      namespace: NAMESPACE,
      query,
    });
    if (Number(count) >= wanted || Date.now() > deadline) return Number(count);
    await pause(POLL_MS);
  }
}
