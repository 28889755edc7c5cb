/**
 * The audit of the fleet (R8): one activity, then it ends. A Schedule starts it every ten minutes;
 * what it found is its result, so that it can be read in the Temporal UI.
 */
import { workflowInfo } from '@temporalio/workflow';
import type { Audited } from '../activities/ports.js';
import { locally, remotely } from './activityProxies.js';

/** In the workflow's own task, so that no queue comes between the two clocks (R16). */
const near = locally({
  startToCloseTimeout: 2_000,
  scheduleToCloseTimeout: 8_000,
});
/** It ends before the next audit is due; what it did not reach is found again. */
const far = remotely({
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '9 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '5 seconds', maximumInterval: '30 seconds' },
});

export async function inmailFleetAudit(): Promise<Audited> {
  const skewMs = (await near.readClock()) - Date.now();
  return far.auditFleet({ runId: workflowInfo().runId, at: Date.now(), skewMs });
}
