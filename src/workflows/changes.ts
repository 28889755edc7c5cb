/**
 * The changes of a run's commands since 0.1.0. A run has all of them from its first task. A run of
 * older code has only those that it recorded. Reason: a replay may answer a local activity one task
 * earlier than the worker did. A change that is recorded in the later task is not known then, and
 * the run could never be replayed again. So the first task records all of them.
 */
import { patched } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';

const changed = new WeakSet<object>();

/** Runs that compare recipients (R20). */
const comparing = new WeakSet<object>();

/** Runs that know replies (R24). */
const replied = new WeakSet<object>();

/**
 * Records, in the first task of a run, that the run has all changes. A run of a new worker records
 * the last id only, which includes the others: so its history has one marker.
 */
export function recordChanges(): void {
  const knowsReplies = patched('replies-are-observed');
  if (knowsReplies) replied.add(getActivator());
  const compares = knowsReplies || patched('recipients-are-compared');
  if (compares) comparing.add(getActivator());
  if (compares || patched('changes-of-0.2.0')) changed.add(getActivator());
}

/** True if this run refuses a recipient who was contacted already (R20). */
export const comparesRecipients = (): boolean => comparing.has(getActivator());

/** True if this run records replies; a run of older code knows no such message (R24). */
export const knowsReplies = (): boolean => replied.has(getActivator());

/** True if this run has all changes. */
export const hasChanges = (): boolean => changed.has(getActivator());

/** True if this run has a change that older code recorded at its first use. */
export const hasChange = (id: string): boolean => hasChanges() || patched(id);
