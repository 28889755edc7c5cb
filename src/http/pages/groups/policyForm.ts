/** The form of the policy of new accounts of a group (R26): its fields, and how they are read. */
import { MODES } from '../../../domain/account/policy.js';
import type { GroupDefaults } from '../../../domain/commands/groupDefaults.js';
import { campaignsText } from '../../../domain/records/settingsChange.js';
import { velocityText } from '../../../domain/wire/settingText.js';
import {
  CAMPAIGNS_FIELD,
  LEARNT_FIELD,
  MEMORY_FIELD,
  PACING_FIELD,
  RAMP_FIELD,
  RENEWAL_FIELD,
  SCOPE_FIELD,
  VELOCITY_FIELD,
  windowFields,
  ZONE_FIELD,
  type Field,
} from '../actions/fields.js';
import {
  campaignCapsIn,
  learntIn,
  numberIn,
  pacingIn,
  rampIn,
  renewalIn,
  scopeIn,
  velocityOfForm,
  windowIn,
  type Form,
} from '../ui/form.js';
import { paceOfPolicy } from './policyCommand.js';

/** The word of a pace that is null: then the pace of the fleet does not hold, too (R19). */
const NO_PACE = 'none';
const OPEN = 'Leave empty to leave it to each connect.';
const NOT_SET = ['', 'Left to each connect'] as const;

/** Returns the fields with the values of the policy. */
export const policyFields = (defaults: GroupDefaults): readonly Field[] => {
  const { ramp, pacing, campaigns, velocity, learntCap } = defaults;
  const cap = (name: 'dailyCap' | 'weeklyCap', label: string): Field => ({
    name,
    label,
    isNumber: true,
    hint: `A cap above the safe band of a tier is the band. ${OPEN}`,
    value: String(defaults[name] ?? ''),
  });
  return [
    cap('dailyCap', 'Daily cap'),
    cap('weeklyCap', 'Weekly cap'),
    {
      ...RAMP_FIELD,
      hint: `${RAMP_FIELD.hint} ${OPEN}`,
      value: ramp ? ('dailyCaps' in ramp ? ramp.dailyCaps.join(', ') : ramp.name) : '',
    },
    {
      ...PACING_FIELD,
      hint: `${PACING_FIELD.hint} ${NO_PACE}: no pacing, also if the fleet has a pace. ${OPEN}`,
      value: pacing ? paceOfPolicy(pacing) : pacing === null ? NO_PACE : '',
    },
    {
      ...MEMORY_FIELD,
      hint: `${MEMORY_FIELD.hint} ${OPEN}`,
      value: String(defaults.recipientMemoryDays ?? ''),
    },
    {
      ...SCOPE_FIELD,
      isRequired: false,
      options: [NOT_SET, ...SCOPE_FIELD.options],
      value: defaults.recipientScope ?? '',
    },
    {
      ...VELOCITY_FIELD,
      hint: `${VELOCITY_FIELD.hint} ${OPEN}`,
      value: velocity ? velocityText(velocity) : '',
    },
    {
      ...LEARNT_FIELD,
      isRequired: false,
      options: [NOT_SET, ...LEARNT_FIELD.options],
      value: typeof learntCap === 'boolean' ? (learntCap ? 'on' : 'off') : '',
    },
    {
      ...CAMPAIGNS_FIELD,
      hint: `${CAMPAIGNS_FIELD.hint} ${OPEN}`,
      value: campaigns ? campaignsText(campaigns) : '',
    },
    ...windowFields(defaults.sendingWindow, 'to leave it to each connect'),
    { ...ZONE_FIELD, hint: `${ZONE_FIELD.hint} ${OPEN}`, value: defaults.timezone ?? '' },
    {
      ...RENEWAL_FIELD,
      hint: `${RENEWAL_FIELD.hint} ${OPEN}`,
      value: String(defaults.creditsRenewOn ?? ''),
    },
    {
      name: 'mode',
      label: 'Mode',
      hint: 'In the mode shadow, nothing protects an account: the gate only records what it would deny.',
      options: [NOT_SET, ...MODES.map((mode) => [mode, mode] as const)],
      value: defaults.mode ?? '',
    },
  ];
};

/** Returns the policy of the form, as a request has it; an empty field is no part of it. */
export function policyIn(form: Form): object {
  const hasNoPace = form[PACING_FIELD.name]?.toLowerCase() === NO_PACE;
  const read = {
    dailyCap: numberIn(form, 'dailyCap'),
    weeklyCap: numberIn(form, 'weeklyCap'),
    ramp: rampIn(form),
    pacing: hasNoPace ? null : pacingIn(form),
    recipientMemoryDays: numberIn(form, MEMORY_FIELD.name),
    recipientScope: scopeIn(form),
    velocity: velocityOfForm(form),
    learntCap: learntIn(form),
    campaigns: campaignCapsIn(form),
    sendingWindow: windowIn(form),
    timezone: form['timezone'] || null,
    creditsRenewOn: renewalIn(form),
    mode: form['mode'] || null,
  };
  const set = Object.entries(read).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(set), ...(hasNoPace ? { pacing: null } : {}) };
}
