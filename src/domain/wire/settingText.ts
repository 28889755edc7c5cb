/** Settings as options of commands, forms and the worker's settings have them. */

/** A pace, such as `60s,50%,12/h` (R19). */
export type Pace = {
  readonly minGapSeconds: number;
  readonly jitterPercent?: number | null;
  /** Maximum grants in any 60 minutes. */
  readonly perHour?: number | null;
};

export const PACE_WORDS = 'a pace such as 60s, 60s,50% or 60s,50%,12/h';
const PACE = /^(?<gap>\d+)s(?:,(?<jitter>\d+)%)?(?:,(?<hour>\d+)\/h)?$/;

/** Returns the pace; undefined for another text. The account checks the limits of each number. */
export function paceOf(text: string): Pace | undefined {
  const { gap, jitter, hour } = PACE.exec(text.replaceAll(' ', ''))?.groups ?? {};
  if (gap === undefined) return undefined;
  return {
    minGapSeconds: Number(gap),
    ...(jitter === undefined ? {} : { jitterPercent: Number(jitter) }),
    ...(hour === undefined ? {} : { perHour: Number(hour) }),
  };
}

/** Returns the text that `paceOf` reads as this pace. */
export const paceText = ({ minGapSeconds, jitterPercent, perHour }: Pace): string =>
  [`${minGapSeconds}s`, jitterPercent && `${jitterPercent}%`, perHour && `${perHour}/h`]
    .filter(Boolean)
    .join(', ');

/** A cap of a campaign, as in `q4=10, spring=5` (R22). */
export type NamedCap = { readonly campaignId: string; readonly dailyCap: number };

export const CAMPAIGNS_WORDS = 'campaigns with their daily caps, such as q4=10, spring=5';
const CAP = /^(?<campaignId>[^=]+)=(?<dailyCap>\d{1,6})$/;

/** Returns the caps; undefined for another text. The account checks ids and limits. */
export function campaignsIn(text: string): readonly NamedCap[] | undefined {
  const caps: NamedCap[] = [];
  for (const part of text.split(/[\s,;]+/).filter(Boolean)) {
    const { campaignId, dailyCap } = CAP.exec(part)?.groups ?? {};
    if (campaignId === undefined) return undefined;
    caps.push({ campaignId, dailyCap: Number(dailyCap) });
  }
  return caps;
}
