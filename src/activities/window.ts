/**
 * Returns when a sending window is open (R11). Workflows ask here: they must not read zone rules.
 */
import { ApplicationFailure } from '@temporalio/activity';
import type { WindowIntervals } from '../domain/account/sendingWindow.js';
import { windowIntervals, type ExpandAsk } from '../calendar/openings.js';

export type { ExpandAsk } from '../calendar/openings.js';

/** Returns the intervals. Throws `InvalidInput` for a time zone that this machine does not know. */
export function expandWindow(ask: ExpandAsk): WindowIntervals {
  const intervals = windowIntervals(ask);
  if (intervals) return intervals;
  const message = `timezone ${ask.timezone} is not known to this worker's time zone rules`;
  throw ApplicationFailure.nonRetryable(message, 'InvalidInput');
}
