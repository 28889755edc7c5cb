/** The accounts that had no workflow, and how many of them the audit has started again (R8). */
import { when } from '../domain/primitives/clockWords.js';
import type { Instant } from '../domain/primitives/time.js';
import type { Recovery } from '../postgres/operations/recovery.js';
import { ok, warn, type Finding } from './finding.js';
import { thousands } from './tables.js';

const NAME = 'recovery';

/** Returns the finding about the last recovery; null: no account was ever without a workflow. */
export function recoveryFinding(found: Recovery | null, now: Instant): Finding {
  // Accounts that a person disconnected before they were started are no recovery.
  if (found === null || found.started + found.missing === 0) {
    return ok(NAME, 'no account was without a workflow so far');
  }
  const { beganAt, lastAt, started, missing } = found;
  if (missing > 0) {
    const text =
      `${thousands(started)} of ${thousands(started + missing)} accounts without a workflow started ` +
      `again, ${thousands(missing)} left, since ${when(beganAt, now)}`;
    return warn(NAME, text, 'safeband recover');
  }
  const who = `${thousands(started)} ${started === 1 ? 'account' : 'accounts'}`;
  return ok(NAME, `${who} started again, the last ${when(lastAt, now)}`);
}
