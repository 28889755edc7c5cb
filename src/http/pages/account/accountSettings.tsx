/** The tab *Settings*: group, caps, ramp, sending window, zone and renewal of credits. */
import type { VNode } from 'preact';
import { nameOfRamp } from '../../../domain/gate/ramps.js';
import { SAFE_BAND, TIER_WORDS } from '../../../domain/primitives/tier.js';
import type { Mode } from '../../../domain/account/policy.js';
import {
  campaignsText,
  memoryText,
  pacingText,
  velocityWords,
} from '../../../domain/records/settingsChange.js';
import type { AccountData } from './accountData.js';
import { many } from '../ui/format.js';
import { Section } from '../ui/parts.js';

const MODE_WORDS: Readonly<Record<Mode, string>> = {
  enforce: 'enforce: the gate denies',
  shadow: 'shadow: the gate records what it would deny, and grants',
};

export function Settings({
  data,
  canOperate,
}: {
  readonly data: AccountData;
  readonly canOperate: boolean;
}): VNode {
  const { numbers, settings } = data;
  const { accountId, caps } = numbers;
  const rows: readonly (readonly [string, string])[] = [
    ['Tier', `${TIER_WORDS[settings.tier]}: safe band ${SAFE_BAND[settings.tier]} a day`],
    ['Group', settings.group ?? 'none'],
    [
      'Daily cap',
      `${caps.daily}${settings.dailyCap === null ? ', the safe band of the tier' : ''}`,
    ],
    ['Weekly cap', `${caps.weekly}${settings.weeklyCap === null ? ', 5 times the daily cap' : ''}`],
    ['Ramp', rampInWords(data)],
    ['Pacing', settings.pacing === null ? 'none' : pacingText(settings.pacing)],
    ['Recipient memory', memoryText(settings.recipientMemoryDays)],
    ['Recipient scope', settings.recipientScope === 'group' ? 'its group' : 'this account'],
    ['Velocity', velocityInWords(data)],
    ['Learnt ceiling', ceilingInWords(data)],
    ['Campaigns', campaignsText(settings.campaigns)],
    ['Mode', MODE_WORDS[settings.mode]],
    ['Sending window', windowInWords(data)],
    ['Time zone', settings.timezone],
    ['Credits renew', `on day ${settings.creditsRenewOn ?? 1} of each month`],
  ];
  return (
    <Section id="settings" title="Settings">
      <dl class="pairs">
        {rows.map(([word, text]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {canOperate && numbers.state !== 'disconnected' ? (
        <p class="actions">
          <a class="button" href={`/accounts/${accountId}/do/configure`}>
            Change settings
          </a>
        </p>
      ) : null}
    </Section>
  );
}

function rampInWords({ numbers, settings }: AccountData): string {
  const ramp = settings.ramp ?? [];
  if (ramp.length === 0) return 'none';
  const name = nameOfRamp(ramp, settings.tier);
  const steps = `${name === undefined ? '' : `${name}: `}${ramp.join(', ')} a day`;
  const full =
    numbers.fullCapOn === null
      ? ''
      : `; the full cap comes on ${numbers.fullCapOn} at the earliest`;
  return numbers.rampDay > ramp.length
    ? `${steps}; the ramp of ${many(ramp.length, 'day')} has ended`
    : `${steps}; today is day ${numbers.rampDay} of ${ramp.length}: ${numbers.caps.ramp ?? 0}${full}`;
}

function velocityInWords({ numbers: { caps }, settings: { velocity } }: AccountData): string {
  if (velocity === null) return 'none';
  return `${velocityWords(velocity)}; today ${caps.velocity ?? velocity.floor}`;
}

/** The ceiling is known also while the setting is off: then no cap follows from it (R25). */
function ceilingInWords({ numbers: { learnt }, settings: { learntCap } }: AccountData): string {
  const word = learntCap ? 'on' : 'off';
  if (learnt === null) return learntCap ? `${word}; LinkedIn has refused no send lately` : word;
  const { cap, growsOn, endsOn } = learnt;
  const known = learntCap ? `today ${cap}` : `today it would be ${cap}`;
  return `${word}; ${known}. It can rise on ${growsOn}, and ends on ${endsOn} at the earliest`;
}

function windowInWords({ settings: { sendingWindow: window } }: AccountData): string {
  return window === null
    ? 'all hours'
    : `${window.days.join(', ')} from ${window.start} to ${window.end}`;
}
