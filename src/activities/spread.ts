/** Answers each write of an account with the spread of midnight that this worker is set to (R7). */
import type { Activities } from './ports.js';
import { MIDNIGHT_SPREAD_MS } from '../domain/primitives/midnight.js';
import { SECOND_MS } from '../domain/primitives/time.js';
import type { Sizes } from '../platform/sizes.js';

type Writing = Pick<Activities, 'save' | 'reconcile'>;

/** Returns the activities with the spread in their answers, if it is not the usual one. */
export function withSpread<T extends Writing>(
  activities: T,
  { midnightSpreadSeconds }: Pick<Sizes, 'midnightSpreadSeconds'>,
): T {
  const midnightSpreadMs = midnightSpreadSeconds * SECOND_MS;
  if (midnightSpreadMs === MIDNIGHT_SPREAD_MS) return activities;
  return {
    ...activities,
    save: async (request) => ({ ...(await activities.save(request)), midnightSpreadMs }),
    reconcile: async (run) => ({ ...(await activities.reconcile(run)), midnightSpreadMs }),
  };
}
