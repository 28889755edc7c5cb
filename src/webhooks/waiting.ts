/** Waits for the first endpoint. While there is none, no event is written, so none can be late. */
import { setTimeout as sleep } from 'node:timers/promises';
import { MINUTE_MS, SECOND_MS, type Instant } from '../domain/primitives/time.js';
import type { Queryable } from '../postgres/pool.js';
import { hasEndpoint } from '../postgres/webhooks/queue.js';

/** How often the sender looks for new events, and for an endpoint while there is none. */
export const LOOK_MS = SECOND_MS;
/** The pause between two heartbeats: Temporal Cloud bills each of them. */
const BEAT_MS = 4 * MINUTE_MS;

export type WaitNeeds = {
  readonly db: Queryable;
  readonly now: () => Instant;
  readonly pause: (ms: number, leaving: AbortSignal) => Promise<void>;
  /** Once it is aborted, the wait ends. */
  readonly leaving: AbortSignal;
  readonly beat: () => void;
};

/** Waits until there is an endpoint; false: until that instant, or `leaving`, there was none. */
export async function untilEndpoint(needs: WaitNeeds, end: Instant): Promise<boolean> {
  const { db, now, pause: wait, leaving, beat } = needs;
  for (let beatAt = now(); !leaving.aborted && now() < end;) {
    if (await hasEndpoint(db)) return true;
    if (now() - beatAt >= BEAT_MS) {
      beat();
      beatAt = now();
    }
    await wait(LOOK_MS, leaving);
  }
  return false;
}

/** Resolves after that time, or when `leaving` is aborted. */
export const pause = (ms: number, leaving: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal: leaving }).catch(() => undefined);
