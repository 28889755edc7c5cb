/** A change of an account's settings in words: before and after, for pages and commands. */
import {
  modeOf,
  scopeOf,
  type Pacing,
  type Policy,
  type Ramp,
  type Velocity,
} from '../account/policy.js';
import type { SendingWindow } from '../account/sendingWindow.js';
import { SAFE_BAND } from '../primitives/tier.js';

/** One setting that changed. `before` is null in rows of older code, which did not store it. */
export type SettingChange = {
  readonly setting: string;
  readonly before: string | null;
  readonly after: string;
};

/** Returns the text of a ramp, such as `5, 10, 20`. */
export const rampText = (ramp: Ramp | null): string => ramp?.dailyCaps.join(', ') ?? 'none';

/** Returns the text of a sending window, such as `mon, tue 09:00 to 17:30`. */
const windowText = (window: SendingWindow | null): string =>
  window === null ? 'all hours' : `${window.days.join(', ')} ${window.start} to ${window.end}`;

/** Returns the text of a pace, such as `60 s ± 50 %, at most 12 an hour`. */
export const pacingText = (pacing: Pacing | null): string => {
  if (pacing === null) return 'none';
  const { minGapSeconds, jitterPercent, perHour } = pacing;
  const jitter = jitterPercent === 0 ? '' : ` ± ${jitterPercent} %`;
  return `${minGapSeconds} s${jitter}${perHour === null ? '' : `, at most ${perHour} an hour`}`;
};

/** Returns the text of a recipient memory, such as `90 days`. */
export const memoryText = (days: number | null | undefined): string => {
  if (days === null || days === undefined) return 'as long as ids are remembered';
  return days === 1 ? '1 day' : `${days} days`;
};
/** A campaign as a policy or a request has it. */
type CapOrWeight = {
  readonly campaignId: string;
  readonly dailyCap?: number | undefined;
  readonly weight?: number | undefined;
};
/** Returns the text of campaigns, such as `q4=10, spring=5+weight3`, which forms can read. */
export const campaignsText = (caps: readonly CapOrWeight[] | null): string =>
  caps
    ?.map(({ campaignId, dailyCap, weight }) => {
      const set = [dailyCap, weight === undefined ? undefined : `weight${weight}`];
      return `${campaignId}=${set.filter((one) => one !== undefined).join('+')}`;
    })
    .join(', ') ?? 'none';

/** Returns the text of a velocity, such as `2 times the mean, at least 5`. */
export const velocityWords = (velocity: Velocity | null): string =>
  velocity === null
    ? 'none'
    : `${velocity.factor} times the mean of the last days, at least ${velocity.floor}`;

const SETTINGS: readonly (readonly [setting: string, text: (policy: Policy) => string])[] = [
  ['tier', ({ tier }) => tier.replaceAll('_', ' ')],
  ['daily cap', ({ tier, dailyCap }) => String(dailyCap ?? `${SAFE_BAND[tier]} (safe band)`)],
  ['weekly cap', ({ weeklyCap }) => String(weeklyCap ?? '5 times the daily cap')],
  ['ramp', ({ ramp }) => rampText(ramp)],
  ['sending window', ({ sendingWindow }) => windowText(sendingWindow)],
  ['time zone', ({ timezone }) => timezone],
  ['LinkedIn member', ({ identity }) => identity ?? 'not set'],
  ['pacing', ({ pacing }) => pacingText(pacing ?? null)],
  ['recipient memory', ({ recipientMemoryDays }) => memoryText(recipientMemoryDays)],
  ['recipient scope', scopeOf],
  ['campaigns', ({ campaigns }) => campaignsText(campaigns ?? null)],
  ['velocity', ({ velocity }) => velocityWords(velocity ?? null)],
  ['learnt ceiling', ({ learntCap }) => (learntCap ? 'on' : 'off')],
  ['mode', modeOf],
  ['group', ({ group }) => group ?? 'none'],
  ['credits renew on day', ({ creditsRenewOn }) => String(creditsRenewOn ?? 1)],
];

/** Returns the settings that differ, in the order of the form. */
export const settingsChanged = (before: Policy, after: Policy): readonly SettingChange[] =>
  SETTINGS.map(([setting, text]) => ({ setting, before: text(before), after: text(after) })).filter(
    (change) => change.before !== change.after,
  );

/** Returns the changed settings of a row of `account_changes` with the kind `policy`. */
export function settingsIn(details: unknown): readonly SettingChange[] {
  if (typeof details !== 'object' || details === null) return [];
  // As changeRow wrote it; no other program writes that table.
  const policyOf = (name: string): Policy | undefined => {
    const text: unknown = Reflect.get(details, name);
    return typeof text === 'string' ? JSON.parse(text) : undefined;
  };
  const [before, after] = [policyOf('before'), policyOf('policy')];
  if (after === undefined) return [];
  if (before !== undefined) return settingsChanged(before, after);
  return SETTINGS.map(([setting, text]) => ({ setting, before: null, after: text(after) }));
}

/** Returns one line, such as `daily cap 50 (safe band) → 20, ramp none → 5, 10`. */
export const changesText = (changes: readonly SettingChange[]): string =>
  changes
    .map(({ setting, before, after }) =>
      before === null ? `${setting} ${after}` : `${setting} ${before} → ${after}`,
    )
    .join('; ');
