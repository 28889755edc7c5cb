/** The options of a policy, and the text of a policy. */
import { Option, type Command } from 'commander';
import {
  MODES,
  RECIPIENT_SCOPES,
  type Mode,
  type Ramp,
  type RecipientScope,
  type Velocity,
} from '../domain/account/policy.js';
import type { NamedRamp } from '../domain/gate/ramps.js';
import type { Tier } from '../domain/primitives/tier.js';
import type { SendingWindow } from '../domain/account/sendingWindow.js';
import type { NamedCap, Pace } from '../domain/wire/settingText.js';
import type { PolicyWire } from '../domain/commands/policyAnswer.js';
import {
  campaignsText,
  memoryText,
  pacingText,
  rampText,
  velocityWords,
} from '../domain/records/settingsChange.js';
import {
  campaigns,
  cap,
  group,
  memoryDays,
  onOrOff,
  orNull,
  pacing,
  ramp,
  renewalDay,
  sendingWindow,
  velocity,
  type Default,
} from './options.js';

export type PolicyOptions = {
  readonly tier?: Tier | undefined;
  readonly dailyCap?: number | Default | undefined;
  readonly weeklyCap?: number | Default | undefined;
  readonly ramp?: Ramp | NamedRamp | Default | undefined;
  readonly window?: SendingWindow | Default | undefined;
  readonly timezone?: string | undefined;
  readonly creditsRenewOn?: number | Default | undefined;
  readonly pacing?: Pace | Default | undefined;
  readonly recipientMemory?: number | Default | undefined;
  readonly recipientScope?: RecipientScope | undefined;
  readonly campaigns?: readonly NamedCap[] | Default | undefined;
  readonly mode?: Mode | undefined;
  readonly velocity?: Velocity | Default | undefined;
  readonly group?: string | undefined;
  readonly learntCap?: boolean | undefined;
};
export const policyOptions = (command: Command): Command =>
  command
    .option(
      '--daily-cap <n>',
      'maximum InMails per day, or "default" (the safe band of the tier)',
      cap,
    )
    .option(
      '--weekly-cap <n>',
      'maximum InMails in 7 days, or "default" (5 times the daily cap)',
      cap,
    )
    .option(
      '--ramp <caps>',
      'daily caps of the first days, such as 5,10,20, or gentle, standard or none',
      ramp,
    )
    .option(
      '--window <hours>',
      'sending window, such as "mon-fri 09:00-17:30", or always',
      sendingWindow,
    )
    .option('--timezone <zone>', 'time zone of the window, such as Europe/Berlin (default: UTC)')
    .option(
      '--credits-renew-on <day>',
      'day of the month on which LinkedIn renews InMail credits, or "default" (1)',
      renewalDay,
    )
    .option(
      '--pacing <pace>',
      'interval between two grants, such as 60s, 60s,50% or 60s,50%,12/h, or none',
      pacing,
    )
    .option(
      '--recipient-memory <days>',
      'days in which no recipient is contacted again, or "default" (as long as ids are remembered)',
      memoryDays,
    )
    .option(
      '--campaigns <caps>',
      'daily caps and weights of campaigns, such as q4=10,may=5+weight3, or none; replaces all',
      campaigns,
    )
    .option(
      '--velocity <limit>',
      'cap by the sends of the last days: factor and floor, such as 2:5, or none',
      velocity,
    )
    .option(
      '--learnt-cap <on|off>',
      'after LinkedIn refuses a send, a day has at most 80 % of what was spent, for 7 days and more',
      onOrOff,
    );

/** The label of accounts that belong together; no cap depends on it, so a what-if has none. */
export const groupOption = (command: Command): Command =>
  command.option('--group <group>', 'the group of the account, such as eu-sales, or none', group);

/** No forecast knows the recipients of other accounts, so a what-if has no scope, too (R20). */
export const scopeOption = (command: Command): Command =>
  command.addOption(
    new Option(
      '--recipient-scope <scope>',
      'group: refuse a recipient of another account of the group, too; account ends this',
    ).choices(RECIPIENT_SCOPES),
  );

/** The mode is no setting of a what-if, which always denies (R23). */
export const modeOption = (command: Command): Command =>
  command.addOption(
    new Option(
      '--mode <mode>',
      'shadow: record what the gate would deny, and grant; enforce ends this',
    ).choices(MODES),
  );

/** Returns only the settings that were given: an absent setting keeps the stored value (R13). */
export const policyOf = ({
  dailyCap,
  weeklyCap,
  ramp: steps,
  window,
  timezone,
  creditsRenewOn: day,
  pacing: pace,
  recipientMemory: memory,
  recipientScope,
  campaigns: caps,
  mode,
  velocity: limit,
  group: label,
  learntCap,
}: PolicyOptions) => ({
  ...(dailyCap === undefined ? {} : { dailyCap: orNull(dailyCap) }),
  ...(weeklyCap === undefined ? {} : { weeklyCap: orNull(weeklyCap) }),
  ...(steps === undefined ? {} : { ramp: orNull(steps) }),
  ...(window === undefined ? {} : { sendingWindow: orNull(window) }),
  ...(timezone === undefined ? {} : { timezone }),
  ...(day === undefined ? {} : { creditsRenewOn: orNull(day) }),
  ...(pace === undefined ? {} : { pacing: orNull(pace) }),
  ...(memory === undefined ? {} : { recipientMemoryDays: orNull(memory) }),
  ...(recipientScope === undefined ? {} : { recipientScope }),
  ...(caps === undefined ? {} : { campaigns: orNull(caps) }),
  ...(mode === undefined ? {} : { mode }),
  ...(limit === undefined ? {} : { velocity: orNull(limit) }),
  ...(label === undefined ? {} : { group: label === 'none' ? null : label }),
  ...(learntCap === undefined ? {} : { learntCap }),
});

export function policyText({ tier, dailyCap, weeklyCap, timezone, ...policy }: PolicyWire): string {
  const { ramp: steps, sendingWindow: window, creditsRenewOn: day } = policy;
  const hours = window ? `${window.days.join(',')} ${window.start}-${window.end}` : 'always';
  return (
    (policy.mode === 'shadow' ? 'SHADOW MODE: the gate denies nothing, ' : '') +
    `tier ${tier}, daily cap ${dailyCap ?? 'of the tier'}, ` +
    `weekly cap ${weeklyCap ?? '5 times the daily cap'}, ` +
    `ramp ${rampText(steps)}, window ${hours} (${timezone})` +
    (policy.pacing === null ? '' : `, pacing ${pacingText(policy.pacing)}`) +
    (policy.recipientMemoryDays === null
      ? ''
      : `, recipient memory ${memoryText(policy.recipientMemoryDays)}`) +
    (policy.recipientScope === 'group' ? ', recipients of the whole group' : '') +
    (policy.group === null ? '' : `, group ${policy.group}`) +
    (policy.velocity === null ? '' : `, velocity ${velocityWords(policy.velocity)}`) +
    (policy.learntCap ? ', learnt ceiling on' : '') +
    (policy.campaigns === null ? '' : `, campaigns ${campaignsText(policy.campaigns)}`) +
    (day === null ? '' : `, credits renew on day ${day}`)
  );
}
