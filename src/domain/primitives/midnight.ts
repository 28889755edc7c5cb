/** How idle accounts spread their resets after midnight UTC (R7), and when a reset is late. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from './time.js';

/** The spread, unless `SAFEBAND_MIDNIGHT_SPREAD_SECONDS` sets another one. */
export const MIDNIGHT_SPREAD_MS = 90 * SECOND_MS;
/** Limits of the setting. After an hour, customers would see an old day on their pages. */
export const MIDNIGHT_SPREAD_MIN_MS = 10 * SECOND_MS;
export const MIDNIGHT_SPREAD_MAX_MS = HOUR_MS;

/** How long the reset of an account may take after its timer has fired. */
const RESET_MS = MINUTE_MS / 2;

/** Returns the maximum time after midnight until an idle account's row is reset (R7), in ms. */
export const rollLatestMs = (spreadMs: number): number => spreadMs + RESET_MS;
