/** The figures of the page *Fleet*, from the list of accounts. */
import type { Instant } from '../../../domain/primitives/time.js';
import { checkedAtOf, type Counts, type Entries, type Entry } from '../accounts/entries.js';
import { isAboveDriftMax } from '../../../domain/account/counter.js';

/** How many accounts of a kind the page shows. */
export const SHOWN = 20;

export type Figures = Pick<Counts, 'byState'> & {
  readonly all: number;
  readonly sums: Pick<Entry, 'counter' | 'logged' | 'inFlight' | 'uncertain'>;
  /** Connected accounts with a drift: how many, how many raise an alert, and the first ids. */
  readonly drifting: { readonly count: number; readonly above: number; readonly ids: Ids };
  /** Accounts in a cooldown; the cooldown that ends next first. */
  readonly cooldowns: { readonly count: number; readonly ids: Ids };
  /** The connected account whose last reconcile is the least recent. */
  readonly oldest: { readonly accountId: string; readonly at: Instant | null } | null;
};
type Ids = readonly string[];

/** Returns the figures of all these accounts. */
export function figuresOf(entries: Entries): Figures {
  const sums = { counter: 0, logged: 0, inFlight: 0, uncertain: 0 };
  const drifting: Entry[] = [];
  const cooldowns: Entry[] = [];
  let oldest: Figures['oldest'] = null;
  for (const one of entries.ordered('drift', true)) {
    sums.counter += one.counter;
    sums.logged += one.logged;
    sums.inFlight += one.inFlight;
    sums.uncertain += one.uncertain;
    if (one.state === 'cooldown') cooldowns.push(one);
    if (one.state === 'disconnected') continue;
    if (one.drift !== 0) drifting.push(one);
    const at = checkedAtOf(one, entries.auditedAt);
    if (oldest === null || (at ?? 0) < (oldest.at ?? 0)) {
      oldest = { accountId: one.accountId, at };
    }
  }
  cooldowns.sort((a, b) => (a.cooldownUntil ?? 0) - (b.cooldownUntil ?? 0));
  return {
    byState: entries.counts().byState,
    all: entries.size,
    sums,
    drifting: { ...firstOf(drifting), above: drifting.filter(isAbove).length },
    cooldowns: firstOf(cooldowns),
    oldest,
  };
}

const isAbove = ({ drift }: Entry): boolean => isAboveDriftMax(drift);
const firstOf = (found: readonly Entry[]): { readonly count: number; readonly ids: Ids } => ({
  count: found.length,
  ids: found.slice(0, SHOWN).map(({ accountId }) => accountId),
});
