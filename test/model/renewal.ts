/** The renewal of credits once more, naively: written from the sentences of R5. */
import type { RefPolicy } from './kept.js';

const DAY = 86_400_000;

/** Day by day, until one is the renewal day, or the last of a month that does not have it. */
export function nextRenewal({ now, policy }: { now: number; policy: RefPolicy }): number {
  for (let day = Math.floor(now / DAY) + 1; ; day += 1) {
    const [today, tomorrow] = [day, day + 1].map((n) => new Date(n * DAY).getUTCDate());
    const on = policy.creditsRenewOn ?? 1;
    if (today === on || (tomorrow === 1 && on > (today ?? 0))) return day * DAY;
  }
}
