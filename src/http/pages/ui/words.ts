/** The contract's names in words that a customer reads. */
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
