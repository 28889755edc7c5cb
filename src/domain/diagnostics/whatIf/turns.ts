/** The waiting reserves of a replay: first come, first served in each campaign (R22). */
import type { Account } from '../../account/account.js';
import { barrierAt, type Barrier } from '../../gate/gate.js';
import type { Instant } from '../../primitives/time.js';
import type { ReservationRow } from '../../records/records.js';

/** The reserve whose turn it is, its place in the line, and why it waits; absent: it may go. */
export type Turn = {
  readonly row: ReservationRow;
  readonly place: number;
  readonly barrier: Barrier | undefined;
};

/**
 * Returns the first reserve that no cap of its campaign stops; undefined if each waits for its
 * campaign, which midnight or a release ends.
 */
export function nextTurn(
  waiting: readonly ReservationRow[],
  account: Account,
  at: Instant,
): Turn | undefined {
  const full = new Set<string | null>();
  for (const [place, row] of waiting.entries()) {
    const { campaignId } = row;
    if (full.has(campaignId)) continue;
    const barrier = barrierAt(account, at, { campaignId });
    if (barrier?.reason !== 'campaign_cap') return { row, place, barrier };
    full.add(campaignId);
  }
  return undefined;
}
