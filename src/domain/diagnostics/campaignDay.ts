/** What a campaign asked in a quota day, and what became of it (R22). */
export type CampaignCounts = {
  /** Granted and denied. */
  readonly asked: number;
  readonly granted: number;
  readonly denied: number;
  /** Denied reserves by reason. */
  readonly denials: { readonly [reason: string]: number };
  readonly delivered: number;
  readonly inFlight: number;
  readonly uncertain: number;
  readonly released: number;
};
export type CampaignDay = CampaignCounts & {
  readonly campaignId: string;
  readonly quotaDay: string;
};

/** Returns the sum of those numbers; each is 0 if there are none. */
export function sumOfCampaigns(all: readonly CampaignCounts[]): CampaignCounts {
  const sum = (of: (one: CampaignCounts) => number): number =>
    all.reduce((before, one) => before + of(one), 0);
  const denials = new Map<string, number>();
  for (const [reason, count] of all.flatMap((one) => Object.entries(one.denials))) {
    denials.set(reason, (denials.get(reason) ?? 0) + count);
  }
  return {
    asked: sum((one) => one.asked),
    granted: sum((one) => one.granted),
    denied: sum((one) => one.denied),
    denials: Object.fromEntries(denials),
    delivered: sum((one) => one.delivered),
    inFlight: sum((one) => one.inFlight),
    uncertain: sum((one) => one.uncertain),
    released: sum((one) => one.released),
  };
}
