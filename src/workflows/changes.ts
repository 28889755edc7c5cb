/**
 * The changes of a run's commands since 0.1.0. A run has all of them from its first task. A run of
 * older code has only those that it recorded. Reason: a replay may answer a local activity one task
 * earlier than the worker did. A change that is recorded in the later task is not known then, and
 * the run could never be replayed again. So the first task records all of them.
 */
import { patched } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';

/** The ids of the changes, newest first. A run that has one has all that follow. */
const CHANGES = [
  'first-runs-read-no-history',
  'timers-are-cancelled',
  'replies-are-observed',
  'recipients-are-compared',
  'changes-of-0.2.0',
] as const;

/** The newest change of each run, by its place in the list; no entry: the run has none. */
const newest = new WeakMap<object, number>();

/**
 * Records, in the first task of a run, that the run has all changes. A run of a new worker records
 * the newest id only, which includes the others: so its history has one marker.
 */
export function recordChanges(): void {
  const place = CHANGES.findIndex((id) => patched(id));
  if (place >= 0) newest.set(getActivator(), place);
}

const has = (id: (typeof CHANGES)[number]): boolean =>
  (newest.get(getActivator()) ?? CHANGES.length) <= CHANGES.indexOf(id);

/** True if this run reads no history where Temporal has none, and so saves an activity (R13). */
export const knowsFirstRuns = (): boolean => has('first-runs-read-no-history');

/** True if this run cancels timers that have lost their work, and so saves events. */
export const cancelsTimers = (): boolean => has('timers-are-cancelled');

/** True if this run refuses a recipient who was contacted already (R20). */
export const comparesRecipients = (): boolean => has('recipients-are-compared');

/** True if this run records replies; a run of older code knows no such message (R24). */
export const knowsReplies = (): boolean => has('replies-are-observed');

/** True if this run has the first changes of 0.2.0, and so no local activity. */
export const hasChanges = (): boolean => has('changes-of-0.2.0');

/** True if this run has a change that older code recorded at its first use. */
export const hasChange = (id: string): boolean => hasChanges() || patched(id);
