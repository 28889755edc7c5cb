/** The pace once more, naively: written from the sentences of R19. */
import type { RefPolicy, Res } from './kept.js';

const HOUR = 3_600_000;

type Paced = { readonly accountId: string; readonly policy: RefPolicy; readonly now: number };

/** True if the pace denies a grant; `known`: every slot that the account remembers. */
export function isPaced({ accountId, policy, now }: Paced, known: readonly Res[]): boolean {
  const { pacing } = policy;
  const grants = known.toSorted((a, b) => a.at - b.at);
  const last = grants.at(-1);
  if (!pacing || !last) return false;
  const number = grants.filter((r) => r.day === last.day).length;
  // FNV-1a, 32 bit, of account, day and number.
  let hash = 2_166_136_261n;
  for (const byte of Buffer.from(`${accountId} ${last.day} ${number}`))
    hash = ((hash ^ BigInt(byte)) * 16_777_619n) % 4_294_967_296n;
  const thousandths = Number(hash % 2_001n) - 1_000;
  const percent = 100 + ((pacing.jitterPercent ?? 0) * thousandths) / 1_000;
  const gap = Math.round(pacing.minGapSeconds * 10 * percent);
  if (now < last.at + gap) return true;
  return grants.filter((r) => r.at > now - HOUR).length >= (pacing.perHour ?? 1e9);
}
