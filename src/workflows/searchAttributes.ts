/** The search attributes of an account: what people look for in the Temporal UI. */
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../temporal/protocol.js';
import { hasChanges } from './changes.js';

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
const STATE = keyword(SEARCH_ATTRIBUTES.state);
const TIER = keyword(SEARCH_ATTRIBUTES.tier);

/** The values as they were last written. */
export type Published = { readonly state: string; readonly tier: string };

/** Writes both values. Each call is an event of the history. */
export function publishAttributes({ state, tier }: Published): void {
  upsertSearchAttributes([
    { key: STATE, value: state },
    { key: TIER, value: tier },
  ]);
}

/**
 * Writes the state again, so that the present workflow task has a command. The loop calls it before
 * each local activity. Reason: while a local activity runs, its task may end early, at once if a
 * Query came with it. A replay takes a task without a command and the task after it as one. The
 * messages of the later task would then come before the local activity, and the run would stop.
 */
export function markTask(): void {
  if (!hasChanges()) return;
  const state = workflowInfo().typedSearchAttributes.get(STATE);
  // Before the first value, a run is in its first task, which starts the timer of midnight.
  if (state !== undefined) upsertSearchAttributes([{ key: STATE, value: state }]);
}
