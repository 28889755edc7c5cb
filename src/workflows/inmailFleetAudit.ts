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
/**
 * It usually ends within seconds. If Temporal was lost, it starts all accounts again, and the
 * Schedule leaves out the audits that are due meanwhile.
 */
const far = remotely({
  startToCloseTimeout: '15 minutes',
  scheduleToCloseTimeout: '19 minutes',
  heartbeatTimeout: '30 seconds',
  retry: { initialInterval: '5 seconds', maximumInterval: '30 seconds' },
});

export async function inmailFleetAudit(): Promise<Audited> {
  const skewMs = (await near.readClock()) - Date.now();
  return far.auditFleet({ runId: workflowInfo().runId, at: Date.now(), skewMs });
}
