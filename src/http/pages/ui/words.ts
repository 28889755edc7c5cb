/** The words of the pages for the names of the contract. */
import type { CapName } from '../../../domain/gate/caps.js';
import type { SendingGroup } from '../../../domain/wire/canSend.js';
import type { AccountState } from '../../../domain/gate/accountState.js';

/** Ordered by urgency for an engineer on call. */
export const STATES: readonly AccountState[] = [
  'held',
  'cooldown',
  'no_credits',
  'unverified',
  'active',
  'disconnected',
];

/** Each word has a sign, because some readers cannot distinguish colours. */
export const STATE_WORDS: Readonly<
  Record<AccountState, { readonly sign: string; readonly word: string; readonly means: string }>
> = {
  active: { sign: '●', word: 'Active', means: 'The account may send until its cap is reached.' },
  cooldown: {
    sign: '◔',
    word: 'Cooldown',
    means: 'The account may not send until the cooldown ends. It ends automatically.',
  },
  held: { sign: '■', word: 'Held', means: 'The account is stopped until an operator resumes it.' },
  no_credits: {
    sign: '∅',
    word: 'No credits',
    means: 'The InMail credits are used up. LinkedIn renews them once a month.',
  },
  unverified: {
    sign: '?',
    word: 'Unverified',
    means: 'No reconcile has succeeded in the last 30 minutes, so the account grants no slot.',
  },
  disconnected: {
    sign: '○',
    word: 'Disconnected',
    means: 'The account is not connected and grants no slot.',
  },
};

/** Each word has a sign, because some readers cannot distinguish colours. */
export const SENDING_WORDS: Readonly<
  Record<SendingGroup, { readonly sign: string; readonly word: string }>
> = {
  yes: { sign: '●', word: 'can send' },
  waits: { sign: '◔', word: 'waits' },
  person: { sign: '■', word: 'needs a person' },
  none: { sign: '○', word: 'disconnected' },
};

export const CAP_WORDS: Readonly<Record<CapName, string>> = {
  daily: 'the daily cap',
  weekly: 'the rest of the weekly cap',
  ramp: 'the ramp step of today',
  velocity: 'the cap by the sends of the last days',
  learnt: 'the ceiling after a refusal by LinkedIn',
};

/** The titles of the kinds in `account_changes`. */
export const CHANGE_WORDS: Readonly<Record<string, string>> = {
  cooldown: 'Cooldown',
  breaker: 'Credits used up',
  ramp: 'Ramp restarted',
  learnt_cap: 'Ceiling learnt',
  hold: 'Held',
  resume: 'Resumed',
  policy: 'Settings changed',
  connect: 'Connected',
  disconnect: 'Disconnected',
  settle: 'Settled manually',
};
