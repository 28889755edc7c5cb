/** The question: a change of the policy, and the number of past days. */
import type { PolicyChange } from '../../commands/policyChange.js';
import { parseConfigure } from '../../wire/adminRequests.js';
import type { Refusal } from '../../account/refusals.js';

/** Maximum number of past days. */
export const WHAT_IF_DAYS_MAX = 90;

const NAMES = [
  'dailyCap',
  'weeklyCap',
  'ramp',
  'sendingWindow',
  'timezone',
  'pacing',
  'campaigns',
  'velocity',
  'learntCap',
] as const;

/** Returns the change, read as `configure` reads it, or the reason for a refusal. */
export function parseWhatIf(raw: unknown, days: number, now: number): PolicyChange | Refusal {
  const isDays = Number.isInteger(days) && days >= 1 && days <= WHAT_IF_DAYS_MAX;
  if (!isDays) {
    const message = `days should be a whole number from 1 to ${WHAT_IF_DAYS_MAX}`;
    return { refused: 'InvalidInput', message };
  }
  const parsed = parseConfigure(raw, 'strict', now);
  if (!parsed.ok) return { refused: parsed.refused, message: parsed.message };
  const { dailyCap, weeklyCap, ramp, sendingWindow, timezone, ...limits } = parsed.value;
  const { pacing, campaigns, velocity, learntCap } = limits;
  const change = {
    dailyCap,
    weeklyCap,
    ramp,
    sendingWindow,
    timezone,
    pacing,
    campaigns,
    velocity,
    learntCap,
  };
  if (NAMES.some((name) => change[name] !== undefined)) return change;
  return { refused: 'InvalidInput', message: `name one of ${NAMES.join(', ')}` };
}
