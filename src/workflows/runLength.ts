/**
 * How long a workflow run may become before the next one follows. Messages that come during a
 * workflow task wait in a buffer of Temporal's server. If more than 100 wait, the server fails the
 * task, and the next task replays the whole run while more messages come. So a long run might end
 * only after the last Signal, and the server refuses each Signal after 10,000 in one run.
 */
import { patched, workflowInfo } from '@temporalio/workflow';
import { hasChanges } from './changes.js';
import type { AccountRun } from './accountRun.js';

/** Maximum events of a run: a cold replay of a longer run would keep callers waiting. */
const EVENTS_MAX = 600;
/** Maximum bytes of a run's history: Temporal's clients read at most 4 MiB at once. */
const HISTORY_BYTES_MAX = 2 * 1024 * 1024;
/** Maximum events of a pressed run: its replay takes less time than 100 more Signals. */
const PRESSED_EVENTS_MAX = 150;
/** More Signals in one task make a run pressed: the server fails a task during which 100 come. */
const PRESSING_SIGNALS = 40;
/**
 * A run moves to another build only after its first tasks. Otherwise idle runs would replace each
 * other without limit if the server always reported another build.
 */
const MOVES_AFTER_EVENTS = 8;

/** True if the run ends as soon as the next one can take all that is left. */
export function isTooLong({ isPressed }: AccountRun): boolean {
  const { continueAsNewSuggested, historyLength, historySize } = workflowInfo();
  const eventsMax = isPressed ? PRESSED_EVENTS_MAX : EVENTS_MAX;
  const isLarge = historySize > HISTORY_BYTES_MAX && hasChanges();
  return continueAsNewSuggested || historyLength > eventsMax || isLarge || isToMove();
}

/** True if a pressed run ends before it takes more messages or begins a reconcile. */
export const isCutShort = (self: AccountRun): boolean => self.isPressed && isTooLong(self);

/**
 * Counts the Signals of the present task. A replay may take two tasks as one and count more, so the
 * history records that a run is pressed. Runs that older code began are never pressed.
 */
export function countSignals(self: AccountRun, count: number): void {
  const { historyLength: task } = workflowInfo();
  const signals = (self.came.task === task ? self.came.signals : 0) + count;
  self.came = { task, signals };
  if (signals > PRESSING_SIGNALS) self.isPressed ||= hasChanges() && patched('a-run-is-pressed');
}

/** True if another build of the worker is current: the next run then begins there. */
function isToMove(): boolean {
  const { targetWorkerDeploymentVersionChanged, historyLength } = workflowInfo();
  return targetWorkerDeploymentVersionChanged && historyLength > MOVES_AFTER_EVENTS;
}
