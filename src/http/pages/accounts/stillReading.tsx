/** What a page shows while the server reads the accounts for the first time after its start. */
import type { VNode } from 'preact';
import { isoInstant, SECOND_MS, type Instant } from '../../../domain/primitives/time.js';
import type { Progress } from '../../../postgres/list/selecting.js';
import { whole } from '../ui/format.js';

/** When the page is loaded again. */
const AGAIN_MS = 2 * SECOND_MS;

export const StillReading = ({
  progress: { size, unread },
  now,
  what,
}: {
  readonly progress: Progress;
  readonly now: Instant;
  /** The part of the page that follows, as the subject of a sentence. */
  readonly what: string;
}): VNode => (
  <p class="card message" role="status">
    The server has just started, and reads the accounts: {whole(size - unread)} of {whole(size)}.{' '}
    {what} will be here in some seconds. This page loads itself again.
    <span class="tick" hidden={true} data-until={isoInstant(now + AGAIN_MS)} />
  </p>
);
