/** The pace once more, naively: written from the sentences of R19. */
import type { RefPolicy, Res } from './kept.js';

const HOUR = 3_600_000;

type Paced = { readonly accountId: string; readonly policy: RefPolicy; readonly now: number };

/** Returns until when the interval after the last grant lasts; `grants` are in their order. */
function gapEnd({ accountId, policy: { pacing } }: Paced, grants: readonly Res[]): number {
  const last = grants.at(-1);
  if (!pacing || !last) return 0;
  const number = grants.filter((r) => r.day === last.day).length;
  // FNV-1a, 32 bit, of account, day and number.
  let hash = 2_166_136_261n;
  for (const byte of Buffer.from(`${accountId} ${last.day} ${number}`))
    hash = ((hash ^ BigInt(byte)) * 16_777_619n) % 4_294_967_296n;
  const thousandths = Number(hash % 2_001n) - 1_000;
  const percent = 100 + ((pacing.jitterPercent ?? 0) * thousandths) / 1_000;
  return last.at + Math.round(pacing.minGapSeconds * 10 * percent);
}

const inTime = (known: readonly Res[]): readonly Res[] => known.toSorted((a, b) => a.at - b.at);

/** True if the pace denies a grant; `known`: every slot that the account remembers. */
export function isPaced(paced: Paced, known: readonly Res[]): boolean {
  const { policy, now } = paced;
  const grants = inTime(known);
  if (now < gapEnd(paced, grants)) return true;
  return grants.filter((r) => r.at > now - HOUR).length >= (policy.pacing?.perHour ?? 1e9);
}

/** Returns the instants at which the pace may end: of the interval, and of each grant's hour. */
export const paceEnds = (
  paced: Paced & { readonly all: readonly Res[]; readonly isKnown: (r: Res) => boolean },
): readonly number[] => {
  const grants = inTime(paced.all.filter(paced.isKnown));
  return [gapEnd(paced, grants), ...grants.map(({ at }) => at + HOUR)];
};
