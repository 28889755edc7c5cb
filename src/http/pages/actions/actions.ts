/** What an operator may do to an account from its page: what it will do, what it asks, doing it. */
import type { SafebandClient } from '../../../client/index.js';
import { SAFE_BAND, TIERS } from '../../../domain/primitives/tier.js';
import { invalidInput } from '../../plumbing/problems.js';
import type { AccountData } from '../account/accountData.js';
import { numberIn, rampIn, renewalIn, tierIn, type Form } from '../ui/form.js';
import { many } from '../ui/format.js';
import { TIER_WORDS } from '../ui/words.js';

export type Field = {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly value?: string;
  readonly isRequired?: boolean;
  readonly isNumber?: boolean;
  /** One of these: value and word. */
  readonly options?: readonly (readonly [string, string])[];
};
export type Action = {
  readonly title: string;
  /** What will happen, in sentences; said before it does. */
  readonly will: (data: AccountData) => readonly string[];
  readonly fields: (data: AccountData, form: Form) => readonly Field[];
  readonly button: string;
  readonly isDangerous?: boolean;
  /** Does it, and says what was done. Throws what the account refuses. */
  readonly run: (client: SafebandClient, order: OrderOf) => Promise<string>;
};
export type OrderOf = { readonly accountId: string; readonly actor: string; readonly form: Form };

const reason = (label: string): Field => ({
  name: 'reason',
  label,
  hint: 'Kept with your key’s name in the list of changes.',
  isRequired: true,
});

const hold: Action = {
  title: 'Hold',
  will: ({ numbers }) => [
    'From now on no slot is granted, until an operator resumes the account.',
    numbers.inFlight > 0
      ? `${many(numbers.inFlight, 'send')} in flight may still arrive; outcomes are taken as always.`
      : 'Nothing is in flight. Outcomes that come late are taken as always.',
    'The counter stays as it is, and the checks go on.',
  ],
  fields: () => [reason('Why is it held?')],
  button: 'Hold the account',
  isDangerous: true,
  run: async (client, { accountId, actor, form }) => {
    await client.hold(accountId, { reason: form['reason'] ?? '', actor });
    return 'The account is held: nothing is granted until it is resumed.';
  },
};

const resume: Action = {
  title: 'Resume',
  will: ({ numbers }) => [
    'A hold ends, and so does the wait for new credits.',
    numbers.cooldown === null
      ? 'It may send at once, where its caps and its window leave room.'
      : numbers.cooldown.cause === 'unclean_end'
        ? 'The cooldown after its unclean end is ended as well: you have looked at it.'
        : 'The cooldown stays: it protects the account and ends by itself.',
    `Of today’s room ${numbers.remaining} are left.`,
  ],
  fields: () => [reason('Why may it go on?')],
  button: 'Resume the account',
  run: async (client, { accountId, actor, form }) => {
    const { state } = await client.resume(accountId, { reason: form['reason'] ?? '', actor });
    return state === 'active'
      ? 'The account is resumed.'
      : `The hold is ended; its state is now ${state.replaceAll('_', ' ')}.`;
  },
};

const reconcile: Action = {
  title: 'Check now',
  will: () => [
    'The counter is held against the journal and the event log, now instead of at the next check.',
    'What differs is corrected, each with its reason. LinkedIn is not called.',
    'If the counter is far above the cap, a cooldown of an hour begins.',
  ],
  fields: () => [],
  button: 'Check now',
  run: async (client, { accountId }) => {
    const { drift, healed, cooled } = await client.reconcileNow(accountId);
    const found = drift === 0 ? 'everything agrees' : `counter and event log were ${drift} apart`;
    return `Checked: ${found}${healed ? ', corrected' : ''}${cooled ? ', and a cooldown began' : ''}.`;
  },
};

const settle: Action = {
  title: 'Settle a reservation',
  will: ({ numbers }) => [
    'You say what became of one slot, because nobody else knows.',
    'Delivered: it needs LinkedIn’s chat as proof; it stays counted, and is written to the event log.',
    'Never sent: its room is given back' +
      (numbers.uncertain > 0
        ? `; ${many(numbers.uncertain, 'slot is', 'slots are')} uncertain`
        : '') +
      '. If it did go out after all, the account may send one too many.',
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
      label: 'What became of it?',
      isRequired: true,
      options: [
        ['delivered', 'Delivered: it is in LinkedIn'],
        ['released', 'Never sent: it is not in LinkedIn'],
      ],
    },
    {
      name: 'chatId',
      label: 'Chat',
      hint: 'LinkedIn’s id of the conversation; only where it was delivered.',
    },
    reason('How do you know?'),
  ],
  button: 'Settle it',
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
    'From now on nothing is granted.',
    numbers.inFlight > 0
      ? `Its workflow ends once ${many(numbers.inFlight, 'send')} in flight ${numbers.inFlight === 1 ? 'is' : 'are'} settled and all is saved.`
      : 'Its workflow ends as soon as all is saved.',
    'Its numbers stay; connecting it again today gives no fresh cap.',
  ],
  fields: () => [reason('Why is it disconnected?')],
  button: 'Disconnect the account',
  isDangerous: true,
  run: async (client, { accountId, actor, form }) => {
    await client.disconnect(accountId, { reason: form['reason'] ?? '', actor });
    return 'The account is disconnected.';
  },
};

const configure: Action = {
  title: 'Change caps',
  will: ({ numbers, settings }) => [
    `The safe band of ${TIER_WORDS[settings.tier]} is ${SAFE_BAND[settings.tier]} InMails a day; a cap may be lower, never higher.`,
    `${numbers.counter} are counted today: a cap below that only stops new sends, and starts no cooldown.`,
    'A changed ramp begins at its first day.',
  ],
  fields: ({ settings }) => [
    { ...TIER_FIELD, value: settings.tier },
    {
      name: 'dailyCap',
      label: 'Daily cap',
      isNumber: true,
      hint: 'Empty: the safe band of the tier.',
      value: String(settings.dailyCap ?? ''),
    },
    {
      name: 'weeklyCap',
      label: 'Weekly cap',
      isNumber: true,
      hint: 'Over 7 quota days. Empty: 5 times the daily cap.',
      value: String(settings.weeklyCap ?? ''),
    },
    {
      name: 'ramp',
      label: 'Ramp',
      hint: 'Daily caps that ascend, such as 5, 10, 20. Empty: none.',
      value: settings.ramp?.join(', ') ?? '',
    },
    {
      ...RENEWAL_FIELD,
      hint: `${RENEWAL_FIELD.hint} Empty: the first.`,
      value: String(settings.creditsRenewOn ?? ''),
    },
  ],
  button: 'Change the caps',
  run: async (client, { accountId, actor, form }) => {
    const tier = tierIn(form);
    const policy = await client.configure(accountId, {
      tier,
      dailyCap: numberIn(form, 'dailyCap'),
      weeklyCap: numberIn(form, 'weeklyCap'),
      ramp: rampIn(form),
      creditsRenewOn: renewalIn(form),
      actor,
    });
    const daily = policy.dailyCap ?? `${SAFE_BAND[policy.tier]}, the safe band`;
    return `The settings are changed; the daily cap is ${daily}.`;
  },
};

const TIER_FIELD: Field = {
  name: 'tier',
  label: 'Tier',
  isRequired: true,
  options: TIERS.map((tier) => [tier, `${TIER_WORDS[tier]} (${SAFE_BAND[tier]} a day)`] as const),
};

const RENEWAL_FIELD = {
  name: 'creditsRenewOn',
  label: 'Credits renew on day',
  isNumber: true,
  hint: 'The day of the month on which LinkedIn grants new InMail credits.',
} as const;

/** The form of an account that is not connected; with an id where it is a new one. */
export const CONNECT_FIELDS: readonly Field[] = [
  TIER_FIELD,
  {
    name: 'timezone',
    label: 'Time zone',
    hint: 'Such as Europe/Berlin. Empty: as it was, or UTC.',
  },
  {
    name: 'dailyCap',
    label: 'Daily cap',
    isNumber: true,
    hint: 'Empty: as it was, or the safe band of the tier.',
  },
  { ...RENEWAL_FIELD, hint: `${RENEWAL_FIELD.hint} Empty: as it was, or the first.` },
];

/** Connects; an empty field keeps what is stored. */
export async function connectBy(
  client: SafebandClient,
  { accountId, actor, form }: OrderOf,
): Promise<string> {
  const dailyCap = numberIn(form, 'dailyCap');
  const creditsRenewOn = renewalIn(form);
  const { timezone } = form;
  const { state } = await client.connect({
    accountId,
    tier: tierIn(form),
    actor,
    ...(timezone ? { timezone } : {}),
    ...(dailyCap === null ? {} : { dailyCap }),
    ...(creditsRenewOn === null ? {} : { creditsRenewOn }),
  });
  return state === 'active' || state === 'unverified'
    ? `${accountId} is connected.`
    : `${accountId} is connected; its state is ${state.replaceAll('_', ' ')}.`;
}

const connect: Action = {
  title: 'Connect again',
  will: ({ numbers }) => [
    'It takes up its work with the numbers it had.',
    `${numbers.counter} are counted today: that stays, so today gives no fresh cap.`,
  ],
  fields: ({ settings }) =>
    CONNECT_FIELDS.map((field) =>
      field.name === 'tier' ? { ...field, value: settings.tier } : field,
    ),
  button: 'Connect the account',
  run: connectBy,
};

const ACTIONS: ReadonlyMap<string, Action> = new Map(
  Object.entries({ hold, resume, reconcile, settle, disconnect, configure, connect }),
);
export const actionOf = (name: string): Action | undefined => ACTIONS.get(name);
