/** The actions that begin and end the shadow mode of an account (R23). */
import { many } from '../ui/format.js';
import type { Action } from './action.js';

/** Begins the shadow mode: nothing protects the account then, so the page states this first. */
export const shadow: Action = {
  title: 'Start shadow mode',
  will: ({ numbers, waiting }) => [
    'The gate decides each reserve, records what it would deny, and grants it.',
    'Nothing protects the account then: the counter may exceed its caps, and a hold or a cooldown stops nothing. Another counter has to decide about the sends.',
    'Counter, event log, reconciles and alerts continue. Only a disconnect stops all sends.',
    ...(numbers.hold === null ? [] : ['The account is held, and the hold stops nothing any more.']),
    ...(waiting === 0
      ? []
      : [`${many(waiting, 'ask')} in the waiting line keep their places, as without shadow mode.`]),
  ],
  fields: () => [],
  button: 'Start shadow mode',
  isDangerous: true,
  run: async (client, { accountId, actor }) => {
    await client.configure(accountId, { mode: 'shadow', actor });
    return 'The account is in shadow mode: the gate records what it would deny, and grants it.';
  },
};

export const enforce: Action = {
  title: 'End shadow mode',
  will: ({ numbers }) => [
    'The gate denies again, at once.',
    numbers.remaining > 0
      ? `The counter of today stays ${numbers.counter}, so ${many(numbers.remaining, 'InMail')} can still be sent today.`
      : `The counter of today stays ${numbers.counter} of ${numbers.caps.effective}, so no further slot is granted today.`,
    'A hold, a cooldown or used-up credits stop the account again.',
  ],
  fields: () => [],
  button: 'End shadow mode',
  run: async (client, { accountId, actor }) => {
    await client.configure(accountId, { mode: 'enforce', actor });
    return 'The shadow mode has ended: the gate denies again.';
  },
};
