/** The cap of a campaign once more, naively: written from the sentences of R22. */
import type { RefPolicy, Res } from './kept.js';

type Capped = { readonly policy: RefPolicy; readonly day: number; readonly all: readonly Res[] };

/** True if the slots of the campaign that take room today have reached its cap. */
export function isCampaignFull(
  { policy, day, all }: Capped,
  campaign: string | undefined,
): boolean {
  const cap = policy.campaigns?.find(({ campaignId }) => campaignId === campaign);
  const used = all.filter(
    (r) =>
      r.campaign === campaign &&
      r.state !== 'released' &&
      (r.day === day || r.carried.includes(day)),
  );
  return cap?.dailyCap !== undefined && used.length >= cap.dailyCap;
}
