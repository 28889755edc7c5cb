/** How long tests wait where the limits of vitest.config.ts do not apply: for slow machines. */

/** For `vi.waitFor`, which by default waits for one second only. */
export const PATIENCE = { timeout: 90_000, interval: 200 };

/** For clients of Safeband: by default a call ends after five seconds. */
export const PATIENT = { deadlineMs: 90_000 };
