/** When a sending window is open (R11), for a workflow: it may not know the rules of zones. */
import { ApplicationFailure } from '@temporalio/activity';
import type { WindowIntervals } from '../domain/account/sendingWindow.js';
import { windowIntervals, type ExpandAsk } from '../calendar/openings.js';

export type { ExpandAsk } from '../calendar/openings.js';

/** Works out the openings; throws `InvalidInput` for a zone that this machine does not know. */
export function expandWindow(ask: ExpandAsk): WindowIntervals {
  const openings = windowIntervals(ask);
  if (openings) return openings;
  const message = `timezone ${ask.timezone} is not known to this worker's time zone rules`;
  throw ApplicationFailure.nonRetryable(message, 'InvalidInput');
}
