/** The actions of an operator on an account: their effects, their form fields, and the call. */
import { SAFE_BAND, TIER_WORDS } from '../../../domain/primitives/tier.js';
import { campaignsText } from '../../../domain/records/settingsChange.js';
import { paceText, velocityText } from '../../../domain/wire/settingText.js';
import { invalidInput } from '../../plumbing/problems.js';
import type { Action } from './action.js';
import { connectBy, RECONNECT_FIELDS } from './connect.js';
import {
  GROUP_FIELD,
  MEMORY_FIELD,
  CAMPAIGNS_FIELD,
  LEARNT_FIELD,
  PACING_FIELD,
  RAMP_FIELD,
  RENEWAL_FIELD,
  SCOPE_FIELD,
  TIER_FIELD,
  VELOCITY_FIELD,
  windowFields,
  ZONE_FIELD,
  type Field,
} from './fields.js';
import {
  campaignCapsIn,
  learntIn,
  numberIn,
  pacingIn,
  rampIn,
  renewalIn,
  scopeIn,
  tierIn,
  velocityOfForm,
  windowIn,
} from '../ui/form.js';
import { many } from '../ui/format.js';
import { enforce, shadow } from './mode.js';
import { withdraw } from './withdraw.js';
import { endsByResume } from './resume.js';

const reason = (label: string): Field => ({
  name: 'reason',
  label,
  hint: 'Recorded in the list of changes, with the name of your key.',
  isRequired: true,
});

const hold: Action = {
  title: 'Hold',
  will: ({ numbers }) => [
    numbers.mode === 'shadow'
      ? 'The account is in shadow mode, so the hold is recorded and stops nothing. Only a disconnect stops all sends.'
      : 'The account grants no slot until an operator resumes it.',
    numbers.inFlight > 0
      ? `${many(numbers.inFlight, 'send')} in flight may still reach LinkedIn. Their outcomes are recorded as usual.`
      : 'Nothing is in flight. Late outcomes are recorded as usual.',
    'The counter does not change, and the reconciles continue.',
  ],
  fields: () => [reason('Why do you hold it?')],
  button: 'Hold the account',
  isDangerous: true,
  run: async (client, { accountId, actor, form }) => {
    const { heldBefore, mode } = await client.hold(accountId, {
      reason: form['reason'] ?? '',
      actor,
    });
    if (heldBefore) {
      const { actor: by, since } = heldBefore;
      return `The account was held already, by ${by} since ${since}: ${heldBefore.reason}. That hold stays.`;
    }
    return mode === 'shadow'
      ? 'The account is held. It is in shadow mode, so it still grants slots.'
      : 'The account is held. It grants no slot until an operator resumes it.';
  },
};

const resume: Action = {
  title: 'Resume',
  will: ({ numbers, rows: { now } }) => {
    const { cooldown, remaining } = numbers;
    const isPaused = cooldown !== null && cooldown.cause !== 'unclean_end';
    return [
      endsByResume(numbers, now) ?? 'Nothing changes, because no hold and no stop is in force.',
      isPaused
        ? 'The cooldown continues, because it protects the account. It ends automatically.'
        : 'The account may send at once, within its caps and its sending window.',
      `${many(remaining, 'InMail')} can still be sent today.`,
    ];
  },
  fields: () => [reason('Why do you resume it?')],
  button: 'Resume the account',
  run: async (client, { accountId, actor, form }) => {
    const { state } = await client.resume(accountId, { reason: form['reason'] ?? '', actor });
    return state === 'active'
      ? 'The account is resumed.'
      : `The hold has ended. The state of the account is now: ${state.replaceAll('_', ' ')}.`;
  },
};

const reconcile: Action = {
  title: 'Reconcile now',
  will: () => [
    'Safeband compares the counter with the journal and the event log now, before the next reconcile.',
    'It corrects each difference and records the reason. It does not call LinkedIn.',
    'If the counter is far above the cap, a cooldown of 1 hour begins.',
  ],
  fields: () => [],
  button: 'Reconcile now',
  run: async (client, { accountId }) => {
    const { drift, healed, cooled } = await client.reconcileNow(accountId);
    return `Reconciled: the drift was ${drift}${healed ? ', corrected' : ''}${cooled ? ', and a cooldown began' : ''}.`;
  },
};

const settle: Action = {
  title: 'Settle a reservation',
  will: ({ numbers }) => [
    'You record the outcome of one slot, because Safeband cannot find it out.',
    'Delivered: LinkedIn’s chat id is the proof. The slot stays counted and is written to the event log.',
    'Never sent: the slot is free again' +
      (numbers.uncertain > 0
        ? ` (${many(numbers.uncertain, 'slot is', 'slots are')} uncertain)`
        : '') +
      '. If the InMail reached LinkedIn after all, the account may send one InMail too many.',
  ],
  fields: (_, form) => [
    {
      name: 'reservationId',
      label: 'Reservation',
      isRequired: true,
      ...(form['reservationId'] ? { value: form['reservationId'] } : {}),
    },
    {
      name: 'outcome',
      label: 'What does LinkedIn show?',
      isRequired: true,
      options: [
        ['delivered', 'Delivered: the InMail is in LinkedIn'],
        ['released', 'Never sent: the InMail is not in LinkedIn'],
      ],
    },
    {
      name: 'chatId',
      label: 'Chat id',
      hint: 'LinkedIn’s id of the conversation. Needed only for a delivered InMail.',
    },
    reason('How do you know?'),
  ],
  button: 'Settle the reservation',
  isDangerous: true,
  run: async (client, { accountId, actor, form }) => {
    const { outcome, chatId, reservationId = '' } = form;
    if (outcome !== 'delivered' && outcome !== 'released') {
      throw invalidInput('outcome should be delivered or released: choose one', 'outcome');
    }
    const order = { reservationId, outcome, reason: form['reason'] ?? '', actor } as const;
    const { settled } = await client.settle(accountId, chatId ? { ...order, chatId } : order);
    return `${reservationId} is now ${settled.replaceAll('_', ' ')}.`;
  },
};

const disconnect: Action = {
  title: 'Disconnect',
  will: ({ numbers }) => [
    'The account grants no slot from now on.',
    numbers.inFlight > 0
      ? `Its workflow ends once ${many(numbers.inFlight, 'send')} in flight ${numbers.inFlight === 1 ? 'is' : 'are'} settled and everything is saved.`
      : 'Its workflow ends as soon as everything is saved.',
    'Its numbers are kept: if you connect it again today, its counter does not start at 0.',
  ],
  fields: () => [reason('Why do you disconnect it?')],
  button: 'Disconnect the account',
  isDangerous: true,
  run: async (client, { accountId, actor, form }) => {
    await client.disconnect(accountId, { reason: form['reason'] ?? '', actor });
    return 'The account is disconnected.';
  },
};

const configure: Action = {
  title: 'Change settings',
  will: ({ numbers, settings }) => [
    `The safe band of ${TIER_WORDS[settings.tier]} is ${SAFE_BAND[settings.tier]} InMails per day. A cap may be lower, never higher.`,
    `The counter is ${numbers.counter} today. A lower cap stops new sends, but starts no cooldown.`,
    'A changed ramp starts with its first day.',
  ],
  fields: ({ settings }) => [
    { ...TIER_FIELD, value: settings.tier },
    {
      ...GROUP_FIELD,
      hint: `${GROUP_FIELD.hint} Leave empty for none.`,
      value: settings.group ?? '',
    },
    {
      name: 'dailyCap',
      label: 'Daily cap',
      isNumber: true,
      hint: 'Leave empty for the safe band of the tier.',
      value: String(settings.dailyCap ?? ''),
    },
    {
      name: 'weeklyCap',
      label: 'Weekly cap',
      isNumber: true,
      hint: 'For 7 quota days. Leave empty for 5 times the daily cap.',
      value: String(settings.weeklyCap ?? ''),
    },
    {
      ...RAMP_FIELD,
      hint: `${RAMP_FIELD.hint} Leave empty for no ramp.`,
      value: settings.ramp?.join(', ') ?? '',
    },
    {
      ...PACING_FIELD,
      hint: `${PACING_FIELD.hint} Leave empty for none.`,
      value: settings.pacing ? paceText(settings.pacing) : '',
    },
    {
      ...MEMORY_FIELD,
      hint: `${MEMORY_FIELD.hint} Leave empty for as long as ids are remembered.`,
      value: String(settings.recipientMemoryDays ?? ''),
    },
    { ...SCOPE_FIELD, value: settings.recipientScope },
    {
      ...VELOCITY_FIELD,
      hint: `${VELOCITY_FIELD.hint} Leave empty for none.`,
      value: settings.velocity ? velocityText(settings.velocity) : '',
    },
    { ...LEARNT_FIELD, value: settings.learntCap ? 'on' : 'off' },
    {
      ...CAMPAIGNS_FIELD,
      hint: `${CAMPAIGNS_FIELD.hint} Leave empty for none.`,
      value: settings.campaigns ? campaignsText(settings.campaigns) : '',
    },
    ...windowFields(settings.sendingWindow, 'for all hours'),
    {
      ...ZONE_FIELD,
      hint: `${ZONE_FIELD.hint} The window is in this zone. Leave empty for UTC.`,
      value: settings.timezone,
    },
    {
      ...RENEWAL_FIELD,
      hint: `${RENEWAL_FIELD.hint} Leave empty for day 1.`,
      value: String(settings.creditsRenewOn ?? ''),
    },
    { name: 'reason', label: 'Reason', hint: 'The list of changes shows it. It may be empty.' },
  ],
  button: 'Change the settings',
  run: async (client, { accountId, actor, form }) => {
    const policy = await client.configure(accountId, {
      tier: tierIn(form),
      dailyCap: numberIn(form, 'dailyCap'),
      weeklyCap: numberIn(form, 'weeklyCap'),
      ramp: rampIn(form),
      pacing: pacingIn(form),
      recipientMemoryDays: numberIn(form, 'recipientMemoryDays'),
      recipientScope: scopeIn(form),
      campaigns: campaignCapsIn(form),
      velocity: velocityOfForm(form),
      group: form['group'] || null,
      learntCap: learntIn(form),
      sendingWindow: windowIn(form),
      timezone: form['timezone'] || null,
      creditsRenewOn: renewalIn(form),
      reason: form['reason'] || null,
      actor,
    });
    const daily = policy.dailyCap ?? `${SAFE_BAND[policy.tier]}, the safe band`;
    return `The settings are changed; the list of changes shows each setting before and after. The daily cap is ${daily}.`;
  },
};

const connect: Action = {
  title: 'Connect again',
  will: ({ numbers }) => [
    'The account continues with its former numbers.',
    `The counter of today stays ${numbers.counter}: the day does not start again at 0.`,
  ],
  fields: ({ settings }) =>
    RECONNECT_FIELDS.map((field) =>
      field.name === 'tier' ? { ...field, value: settings.tier } : field,
    ),
  button: 'Connect the account',
  run: connectBy,
};

const ACTIONS: ReadonlyMap<string, Action> = new Map(
  Object.entries({
    hold,
    resume,
    reconcile,
    settle,
    withdraw,
    disconnect,
    configure,
    connect,
    shadow,
    enforce,
  }),
);
export const actionOf = (name: string): Action | undefined => ACTIONS.get(name);
