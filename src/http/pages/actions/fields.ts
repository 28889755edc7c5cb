/** The fields of the forms of an operator. */
import type { SendingWindow } from '../../../domain/account/sendingWindow.js';
import { SAFE_BAND, TIERS, TIER_WORDS } from '../../../domain/primitives/tier.js';
import { WINDOW } from '../ui/form.js';

export type Field = {
  readonly name: string;
  /** Its id on the page, if another form has a field of that name. */
  readonly id?: string;
  readonly label: string;
  readonly hint?: string;
  readonly value?: string;
  readonly isRequired?: boolean;
  readonly isNumber?: boolean;
  /** The choices: value and word. */
  readonly options?: readonly (readonly [string, string])[];
};
export const TIER_FIELD: Field = {
  name: 'tier',
  label: 'Tier',
  isRequired: true,
  options: TIERS.map((tier) => [tier, `${TIER_WORDS[tier]} (${SAFE_BAND[tier]} per day)`] as const),
};

export const GROUP_FIELD = {
  name: 'group',
  label: 'Group',
  hint: 'A label of accounts that belong together, such as a team or a customer: eu-sales.',
} as const;

export const RENEWAL_FIELD = {
  name: 'creditsRenewOn',
  label: 'Credits renew on day',
  isNumber: true,
  hint: 'The day of the month on which LinkedIn renews InMail credits.',
} as const;

export const PACING_FIELD = {
  name: 'pacing',
  label: 'Pacing',
  hint:
    'The interval between two sends, its jitter, and the maximum of an hour, such as 60s, 50%, 12/h.' +
    ' Jitter and maximum may be left out.',
} as const;
/** Until when a recipient is not contacted again (R20). */
export const MEMORY_FIELD = {
  name: 'recipientMemoryDays',
  label: 'Recipient memory',
  isNumber: true,
  hint: 'For how many days no recipient is contacted again, 1 to 365.',
} as const;

/** With whose recipients a reserve is compared (R20). */
export const SCOPE_FIELD = {
  name: 'recipientScope',
  label: 'Recipient scope',
  isRequired: true,
  options: [
    ['account', 'This account'],
    ['group', 'Its group'],
  ],
  hint: 'Whose recipients are not contacted again. The group is that of the account.',
} as const satisfies Field;

/** What the form for a new account proposes (R19). */
export const PACING_PROPOSED = '60s, 50%';

export const CAMPAIGNS_FIELD = {
  name: 'campaigns',
  label: 'Campaigns',
  hint:
    'The most InMails a day of a campaign, such as q4=10, and its weight in the waiting line, such' +
    ' as q4=weight3 or q4=10+weight3. A campaign that is not named here has no cap of its own, and' +
    ' weight 1.',
} as const;

export const VELOCITY_FIELD = {
  name: 'velocity',
  label: 'Velocity',
  hint:
    'How much more than on the last days it may send: factor and floor. 2:5 is twice the mean of' +
    ' the last 7 days with a send, and at least 5.',
} as const;

/** After a refusal by LinkedIn (R25). */
export const LEARNT_FIELD = {
  name: 'learntCap',
  label: 'Learnt ceiling',
  isRequired: true,
  options: [
    ['off', 'Off'],
    ['on', 'On'],
  ],
  hint:
    'After LinkedIn refuses a send, a day has at most 80 % of the InMails of that day for a week.' +
    ' Then the ceiling grows by 10 % after each day with a delivery.',
} as const satisfies Field;

export const RAMP_FIELD = {
  name: 'ramp',
  label: 'Ramp',
  hint: 'Daily caps of the first days, ascending, such as 5, 10, 20; or gentle, or standard.',
} as const;
export const ZONE_FIELD = {
  name: 'timezone',
  label: 'Time zone',
  hint: 'Such as Europe/Berlin.',
} as const;

/** The fields of a sending window; `empty` ends the sentence about empty fields. */
export const windowFields = (
  window: SendingWindow | null | undefined,
  empty: string,
): readonly Field[] => [
  {
    name: WINDOW.days,
    label: 'Sending days',
    hint: `Such as mon, tue, wed, thu, fri. Leave the three fields empty ${empty}.`,
    value: window?.days.join(', ') ?? '',
  },
  { name: WINDOW.start, label: 'Opens at', hint: 'Such as 09:00.', value: window?.start ?? '' },
  { name: WINDOW.end, label: 'Closes at', hint: 'Such as 17:30.', value: window?.end ?? '' },
];
