/** Connects a new account, or a disconnected one again. */
import type { SafebandClient } from '../../../client/index.js';
import {
  learntIn,
  numberIn,
  pacingIn,
  rampIn,
  renewalIn,
  scopeIn,
  tierIn,
  velocityOfForm,
  windowIn,
  type Form,
} from '../ui/form.js';
import {
  GROUP_FIELD,
  LEARNT_FIELD,
  MEMORY_FIELD,
  PACING_FIELD,
  PACING_PROPOSED,
  RAMP_FIELD,
  RENEWAL_FIELD,
  SCOPE_FIELD,
  TIER_FIELD,
  VELOCITY_FIELD,
  windowFields,
  ZONE_FIELD,
  type Field,
} from './fields.js';

/** An operator's order. */
export type Ordered = { readonly accountId: string; readonly actor: string; readonly form: Form };

/** The fields to connect an account again: an empty field keeps the stored value. */
export const RECONNECT_FIELDS: readonly Field[] = [
  TIER_FIELD,
  { ...ZONE_FIELD, hint: `${ZONE_FIELD.hint} Leave empty for the former zone.` },
  {
    name: 'dailyCap',
    label: 'Daily cap',
    isNumber: true,
    hint: 'Leave empty for the former cap.',
  },
  { ...RENEWAL_FIELD, hint: `${RENEWAL_FIELD.hint} Leave empty for the former day.` },
];

/** The fields of a new account. */
export const CONNECT_FIELDS: readonly Field[] = [
  TIER_FIELD,
  {
    name: 'inmailsSentToday',
    label: 'Already sent today, elsewhere?',
    isNumber: true,
    hint:
      'InMails that this member has sent since midnight UTC in LinkedIn itself or with another tool.' +
      ' They count in today’s cap. Leave empty for 0. If you are not sure, enter the higher number.',
  },
  {
    name: 'identity',
    label: 'LinkedIn member id',
    hint:
      'The id that begins with ACoAA, or the address of the profile. Safeband then finds out if the' +
      ' same member is connected twice, which would double the cap.',
  },
  { ...GROUP_FIELD, hint: `${GROUP_FIELD.hint} Leave empty for none.` },
  { ...ZONE_FIELD, hint: `${ZONE_FIELD.hint} Leave empty for UTC.` },
  ...windowFields(null, 'to send at all hours'),
  {
    name: 'dailyCap',
    label: 'Daily cap',
    isNumber: true,
    hint: 'Leave empty for the safe band of the tier.',
  },
  {
    ...RAMP_FIELD,
    hint: `${RAMP_FIELD.hint} For a new or long unused account. Leave empty for none.`,
  },
  {
    ...PACING_FIELD,
    hint: `${PACING_FIELD.hint} Leave empty for the pace of your fleet, which is none by default.`,
    value: PACING_PROPOSED,
  },
  {
    ...MEMORY_FIELD,
    hint: `${MEMORY_FIELD.hint} Leave empty for as long as ids are remembered.`,
  },
  {
    ...SCOPE_FIELD,
    isRequired: false,
    options: [['', 'As the policy of its group, or this account'], ...SCOPE_FIELD.options],
  },
  { ...VELOCITY_FIELD, hint: `${VELOCITY_FIELD.hint} Leave empty for none.` },
  { ...LEARNT_FIELD, value: 'off' },
  { ...RENEWAL_FIELD, hint: `${RENEWAL_FIELD.hint} Leave empty for day 1.` },
];

/** Connects the account; an empty field keeps the stored value. */
export async function connectBy(
  client: Pick<SafebandClient, 'connect'>,
  { accountId, actor, form }: Ordered,
): Promise<string> {
  const dailyCap = numberIn(form, 'dailyCap');
  const inmailsSentToday = numberIn(form, 'inmailsSentToday');
  const [ramp, sendingWindow, creditsRenewOn] = [rampIn(form), windowIn(form), renewalIn(form)];
  const [pacing, velocity, learntCap] = [pacingIn(form), velocityOfForm(form), learntIn(form)];
  const [recipientMemoryDays, recipientScope] = [numberIn(form, MEMORY_FIELD.name), scopeIn(form)];
  const { timezone, identity, group } = form;
  const { state } = await client.connect({
    accountId,
    tier: tierIn(form),
    actor,
    ...(timezone ? { timezone } : {}),
    ...(identity ? { identity } : {}),
    ...(group ? { group } : {}),
    ...(dailyCap === null ? {} : { dailyCap }),
    ...(inmailsSentToday === null ? {} : { inmailsSentToday }),
    ...(ramp === null ? {} : { ramp }),
    ...(pacing === null ? {} : { pacing }),
    ...(recipientMemoryDays === null ? {} : { recipientMemoryDays }),
    ...(recipientScope === null ? {} : { recipientScope }),
    ...(velocity === null ? {} : { velocity }),
    ...(learntCap === null ? {} : { learntCap }),
    ...(sendingWindow === null ? {} : { sendingWindow }),
    ...(creditsRenewOn === null ? {} : { creditsRenewOn }),
  });
  return state === 'active' || state === 'unverified'
    ? `${accountId} is connected.`
    : `${accountId} is connected. Its state is: ${state.replaceAll('_', ' ')}.`;
}
