/** The demonstration plays one day, so all of it has to lie in one. */

/** How long a slow machine takes for it; two quiet cores need 30 s. */
const DEMONSTRATION_MS = 150_000;
const DAY_MS = 86_400_000;

/** Returns how long to wait so that no midnight UTC falls into the demonstration: often nothing. */
export function waitForMidnightMs(now: number): number {
  const left = DAY_MS - (now % DAY_MS);
  return left < DEMONSTRATION_MS ? left : 0;
}
