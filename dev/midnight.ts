/** Keeps the demonstration within one UTC day, because it plays one day. */

/** How long the demonstration takes on a slow machine; two idle cores need 30 s. */
const DEMONSTRATION_MS = 150_000;
const DAY_MS = 86_400_000;

/** Returns how long to wait so that no midnight UTC falls into the demonstration; usually 0. */
export function waitForMidnightMs(now: number): number {
  const left = DAY_MS - (now % DAY_MS);
  return left < DEMONSTRATION_MS ? left : 0;
}
