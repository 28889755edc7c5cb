/** The policy of new accounts of a group (R26), as the command that sets it. */
import type { GroupDefaults } from '../../../domain/commands/groupDefaults.js';
import { commandLine } from '../../../domain/primitives/commandLine.js';
import { campaignsText } from '../../../domain/records/settingsChange.js';
import { TIMEZONE_DEFAULT } from '../../../domain/account/policy.js';
import { paceText, velocityText } from '../../../domain/wire/settingText.js';

type Value = string | number | null | undefined;
/** Returns the text of a pace, such as `60s, 50%`. */
export const paceOfPolicy = ({
  minGapSeconds,
  jitterPercent,
  perHour,
}: NonNullable<GroupDefaults['pacing']>): string =>
  paceText({ minGapSeconds, jitterPercent: jitterPercent ?? null, perHour: perHour ?? null });

/** A shell needs no quotes around a list without blanks. */
const dense = (text: string): string => text.replaceAll(', ', ',');

/** Each option, its text, and the word of an option for a setting that is null. */
const OPTIONS: readonly (readonly [
  option: string,
  text: (defaults: GroupDefaults) => Value,
  unset: string,
])[] = [
  ['--daily-cap', ({ dailyCap }) => dailyCap, 'default'],
  ['--weekly-cap', ({ weeklyCap }) => weeklyCap, 'default'],
  [
    '--ramp',
    ({ ramp }) => ramp && ('dailyCaps' in ramp ? ramp.dailyCaps.join(',') : ramp.name),
    'none',
  ],
  [
    '--window',
    ({ sendingWindow: window }) =>
      window && `${window.days.join(',')}@${window.start}-${window.end}`,
    'always',
  ],
  ['--timezone', ({ timezone }) => timezone, TIMEZONE_DEFAULT],
  ['--credits-renew-on', ({ creditsRenewOn }) => creditsRenewOn, 'default'],
  ['--pacing', ({ pacing }) => pacing && dense(paceOfPolicy(pacing)), 'none'],
  ['--recipient-memory', ({ recipientMemoryDays }) => recipientMemoryDays, 'default'],
  ['--recipient-scope', ({ recipientScope }) => recipientScope, 'account'],
  ['--campaigns', ({ campaigns }) => campaigns && dense(campaignsText(campaigns)), 'none'],
  ['--velocity', ({ velocity }) => velocity && velocityText(velocity), 'none'],
  [
    '--learnt-cap',
    ({ learntCap }) => (typeof learntCap === 'boolean' ? (learntCap ? 'on' : 'off') : learntCap),
    'off',
  ],
  ['--mode', ({ mode }) => mode, 'enforce'],
];

/** Returns the command with an option for each setting of the policy. */
export function policyCommand(group: string, defaults: GroupDefaults): string {
  const options = OPTIONS.flatMap(([option, text, unset]) => {
    const value = text(defaults);
    return value === undefined ? [] : [`${option} ${value ?? unset}`];
  });
  return commandLine('group set', [group], options.join(' '));
}
