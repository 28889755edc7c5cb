/** The contract's names in words that a customer reads. */
import type { CooldownCause } from '../../../domain/account/account.js';
import type { AlertKind } from '../../../domain/account/alertKinds.js';
import type { CapName } from '../../../domain/gate/caps.js';
import type { Tier } from '../../../domain/primitives/tier.js';
import type { AccountState } from '../../../domain/gate/accountState.js';

/** In the order in which somebody on call wants to see them. */
export const STATES: readonly AccountState[] = [
  'held',
  'cooldown',
  'no_credits',
  'unverified',
  'active',
  'disconnected',
];

/** A sign beside each word: nothing is told by colour alone. */
export const STATE_WORDS: Readonly<
  Record<AccountState, { readonly sign: string; readonly word: string; readonly means: string }>
> = {
  active: { sign: '●', word: 'Active', means: 'It may send as long as there is room.' },
  cooldown: {
    sign: '◔',
    word: 'Cooling down',
    means: 'It may not send until the cooldown ends; it ends by itself.',
  },
  held: { sign: '■', word: 'Held', means: 'An operator stopped it; only an operator resumes it.' },
  no_credits: {
    sign: '∅',
    word: 'No credits',
    means: 'Its InMail credits are used up until LinkedIn grants new ones.',
  },
  unverified: {
    sign: '?',
    word: 'Unverified',
    means: 'Its numbers have not been checked in the last 30 minutes, so nothing is granted.',
  },
  disconnected: {
    sign: '○',
    word: 'Disconnected',
    means: 'It is not connected and sends nothing.',
  },
};

export const TIER_WORDS: Readonly<Record<Tier, string>> = {
  free: 'Free',
  premium: 'Premium',
  sales_navigator: 'Sales Navigator',
  recruiter: 'Recruiter',
};

export const CAP_WORDS: Readonly<Record<CapName, string>> = {
  daily: 'the daily cap',
  weekly: 'what the week has left',
  ramp: 'the ramp’s step of today',
};

const CAUSES: Readonly<Record<CooldownCause, string>> = {
  overshoot: 'the counter was far above its cap',
  throttled: 'LinkedIn asked for a pause',
  unclean_end: 'it ended without a clean end and was started again',
  two_owners: 'two writers claimed it',
  identity_in_use: 'another account has the same LinkedIn member',
};
export const causeWords = (cause: string): string =>
  Object.entries(CAUSES).find(([name]) => name === cause)?.[1] ?? cause;

export const ALERT_TITLES: Readonly<Record<AlertKind, string>> = {
  drift: 'Counter and event log are more than 5 apart',
  over_cap: 'The counter is above the cap',
  undercount: 'A send was not counted when it went out',
  bad_signal: 'A message could not be read',
  chat_id_missing: 'A delivery was reported without proof',
  chat_id_taken: 'A proof already belongs to another reservation',
  double_send: 'One reservation has two proofs: two InMails went out',
  late_delivery: 'A slot that had been given back was delivered after all',
  ambiguous_observed: 'An observed InMail fits no single reservation',
  old_id: 'A report names a reservation that is not known any more',
  unclean_end: 'The account was started again without a clean end',
  two_owners: 'Two writers claim this account',
  identity_in_use: 'Another account has the same LinkedIn member',
  refused_row: 'Postgres refused a row; it is kept whole here',
  run_overdue: 'No check for 20 minutes',
  workflow_missing: 'The account’s workflow was missing and was started again',
  clock_skew: 'The clocks of the worker and Postgres differ by more than a minute',
  cap_lowered: 'A lower tier now binds at its safe band',
  reply_failed: 'An answer could not be delivered to the asking workflow',
  restricted: 'LinkedIn has restricted the account; it is stopped until a person resumes it',
  tasks_failing: "The tasks of the account's workflow fail; it answers nothing",
  too_many_rows:
    'The account has more rows than it can carry; it is stopped until a person resumes it',
};

/** Kinds of `account_changes`, as the head of a line. */
export const CHANGE_WORDS: Readonly<Record<string, string>> = {
  cooldown: 'Cooldown',
  breaker: 'Credits used up',
  ramp: 'Ramp starts again',
  hold: 'Held',
  resume: 'Resumed',
  policy: 'Settings changed',
  connect: 'Connected',
  disconnect: 'Disconnected',
  settle: 'Settled by hand',
};
