/** The answers of both worlds, in the words in which they are compared. */
import type { Entity } from '../../src/domain/entity/entity.js';
import type { Reference } from './reference.js';

/** Each denial of today with its campaign, as often as it happened. */
export const deniedOf = ({ denied = [] }: Entity['account']): string[] =>
  denied.flatMap(({ campaignId, reason, count }) =>
    Array<string>(count).fill(`${campaignId} ${reason}`),
  );

/** Until when a cooldown holds; null: none holds. */
export const coolingOf = ({ cooldowns, now }: Reference): string | null => {
  const until = Math.max(0, ...cooldowns.map((one) => one.until));
  return now < until ? new Date(until).toISOString() : null;
};

/** What is left of the credits; null: no balance is known. */
export const leftOf = ({ credits, all }: Reference): number | null => {
  const balance = credits.balance(all);
  return balance === undefined ? null : Math.max(0, balance);
};

/** Why an observation was ignored, or what is left of it. */
export const creditsWord = (answer: object): string =>
  'ignored' in answer && 'balance' in answer ? String(answer.ignored ?? answer.balance) : 'refused';

/** An answer in the one word that the reference uses. */
export function wordOf(answer: object): string {
  if ('refused' in answer) return String(answer.refused);
  if ('withdrawn' in answer) return 'withdrawn';
  if ('waiting' in answer && 'position' in answer) return `waiting ${String(answer.position)}`;
  if ('granted' in answer) {
    if (answer.granted === true) {
      if ('repeated' in answer && answer.repeated) return 'repeated';
      const barred = 'wouldDeny' in answer ? answer.wouldDeny : undefined;
      const isBarred = typeof barred === 'object' && barred !== null && 'reason' in barred;
      return isBarred ? `granted, would deny ${String(barred.reason)}` : 'granted';
    }
    return 'reason' in answer ? String(answer.reason) : 'denied';
  }
  if ('settled' in answer) return String(answer.settled);
  if ('matched' in answer && 'counted' in answer) {
    if (typeof answer.matched === 'string') return answer.matched;
    return answer.counted ? 'counted' : 'old';
  }
  return 'configured';
}
