/**
 * Counts the decisions of a worker by group (R26), for Prometheus. Each value of a label makes a
 * series, and there may be thousands of groups, so only the largest groups have lines of their own.
 */
import type { InjectedSinks } from '@temporalio/worker';
import type { MetricMeter } from '@temporalio/common';
import type { Reported } from '../temporal/protocol.js';
import { NO_GROUP, OTHER_GROUPS } from '../postgres/groups/members.js';
import { MINUTE_MS, type Instant } from '../domain/primitives/time.js';

/** How long the largest groups are reused: one read of an index, whatever the number of asks. */
export const LARGEST_FRESH_MS = MINUTE_MS;

export type GroupNamesNeeds = {
  /** Reads the groups that have lines of their own. */
  readonly readLargest: () => Promise<readonly string[]>;
  readonly now: () => Instant;
};

/**
 * Returns the label of a group. Until the largest groups are read for the first time, all groups
 * are `other`; while they cannot be read, those of before keep their lines.
 */
export function groupNames({
  readLargest,
  now,
}: GroupNamesNeeds): (group: string | null) => string {
  let largest: ReadonlySet<string> = new Set();
  let readAt = -Infinity;
  let isReading = false; // a database that does not answer is asked once
  const read = async (): Promise<void> => {
    isReading = true;
    const groups = await readLargest().catch(() => null);
    if (groups) largest = new Set(groups);
    isReading = false;
    readAt = now();
  };
  const refresh = (): void => {
    if (!isReading && now() - readAt >= LARGEST_FRESH_MS) void read();
  };
  refresh();
  return (group) => {
    refresh();
    if (group === null) return NO_GROUP;
    return largest.has(group) ? group : OTHER_GROUPS;
  };
}

/** Returns what counts each decision that a workflow reports. */
export function groupDecisions(
  needs: GroupNamesNeeds & { readonly meter: MetricMeter },
): InjectedSinks<Reported> {
  const nameOf = groupNames(needs);
  const counter = needs.meter.createCounter(
    'safeband_group_decisions',
    undefined,
    'Asks for a slot, by group and answer',
  );
  return {
    decisions: {
      decided: {
        callDuringReplay: false,
        fn: (_, group, reason) => counter.add(1, { group: nameOf(group), reason }),
      },
    },
  };
}

/** Counts nothing: for a worker without metrics, because the SDK reports a sink that is missing. */
export const NO_GROUP_DECISIONS: InjectedSinks<Reported> = {
  decisions: { decided: { callDuringReplay: false, fn: () => undefined } },
};
