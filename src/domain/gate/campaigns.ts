/**
 * Caps of campaigns (R22): how many InMails one campaign of an account may send in a quota day.
 * Example: with 10 for `q4`, the eleventh reserve of `q4` waits for midnight, and no other does.
 */
import type { Account } from '../account/account.js';
import type { CampaignId } from '../primitives/ids.js';

/** The cap of a campaign, and the slots that take its room today. */
export type CampaignRoom = { readonly limit: number; readonly used: number };

/** Returns the cap of a campaign and what is used of it; undefined if it has no cap. */
export function campaignRoom(
  { policy, slots, day }: Account,
  campaignId: CampaignId | null,
): CampaignRoom | undefined {
  const cap = policy.campaigns?.find((one) => one.campaignId === campaignId);
  if (cap?.dailyCap === undefined) return undefined;
  let used = 0;
  for (const slot of slots) {
    if (slot.campaignId !== campaignId || slot.state === 'released') continue;
    if (slot.quotaDay === day || slot.carriedInto === day) used += 1;
  }
  return { limit: cap.dailyCap, used };
}
