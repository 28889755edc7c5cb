/** Stories of what random stories seldom bring. */
import type { Step, Story } from './commands.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;

const QUIET: Omit<Story, 'steps'> = {
  begin: Date.UTC(2026, 10, 29, 9),
  tier: 'premium',
  dailyCap: null,
  weeklyCap: null,
  ramp: null,
  pacing: null,
  campaigns: null,
  velocity: null,
  learntCap: null,
  mode: null,
};

const ask = (id: string, recipient: string | undefined, waitMs?: number): Step => ({
  do: 'reserve',
  id,
  recipient,
  again: false,
  campaign: undefined,
  free: false,
  leaseSeconds: 900,
  waitMs,
  priority: 5,
});

/** Two asks for one recipient wait: the first gets its turn, and the second is refused then. */
const CONTACTED: Story = {
  ...QUIET,
  pacing: { minGapSeconds: 7_200 },
  steps: [
    ask('r0', 'bob'),
    ask('r1', 'ann', 10 * HOUR),
    ask('r2', 'ann', 10 * HOUR),
    { do: 'toTurn' },
    { do: 'deliver', id: 'r1', chat: 'c1', msg: 'm1' },
    { do: 'toTurn' },
    { do: 'save' },
  ],
};

/** A learnt ceiling ends after a clean day, because a lower tier has a lower band. */
const ENDED: Story = {
  ...QUIET,
  learntCap: true,
  steps: [
    ask('r0', undefined),
    { do: 'fail', id: 'r0', kind: 'throttled', retryAfterSeconds: 0 },
    { do: 'pass', ms: 9 * DAY },
    ask('r1', undefined),
    { do: 'deliver', id: 'r1', chat: 'c1', msg: 'm1' },
    { do: 'configure', change: { tier: 'free' } },
    { do: 'pass', ms: DAY },
  ],
};

export const RARE: readonly Story[] = [CONTACTED, ENDED];
