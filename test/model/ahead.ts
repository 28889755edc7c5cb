/**
 * What comes if no message does, naively: a copy of the reference lives on from one instant to the
 * next at which a reason may end (docs/contract.md, 2: Forecasts).
 */
import { runAfter } from '../../src/domain/days/forecast.js';
import { isAccountId } from '../../src/domain/primitives/ids.js';
import type { RefAsk } from './kept.js';
import { the } from './names.js';
import { paceEnds } from './pace.js';
import { contactsOf } from './people.js';
import type { Reference } from './reference.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const RUNS_EVERY = 600_000;

/** True if a reserve would be granted before that instant. */
export function passesBefore(ref: Reference, ask: RefAsk, until: number): boolean {
  const contacts = ask.again ? [] : contactsOf(ref.all.filter(ref.isKnown), ask.recipient);
  // Only its settlement ends the contact of an open slot.
  if (contacts.some(({ state }) => state !== 'delivered')) return false;
  const view = ref.copy();
  const accountId = the(isAccountId, ref.accountId);
  let since = view.now; // of this day
  while (view.now < until) {
    if (view.denial(ask) === undefined) return true;
    const midnight = (view.day + 1) * DAY;
    const ends = [midnight, view.breaker, ...view.cooldowns.map((one) => one.until)];
    const next = Math.min(...[...ends, ...paceEnds(view)].filter((end) => end > view.now));
    const coolest = Math.max(since + 1, ...view.cooldowns.map((one) => one.until));
    const run = runAfter(accountId, coolest);
    if (view.isOver() && run < next && run < midnight) {
      view.cool('overshoot', run + HOUR);
      continue;
    }
    if (next === midnight) {
      const lastRun = runAfter(accountId, midnight) - RUNS_EVERY;
      for (const r of view.all) {
        if (r.state === 'in_flight' && r.lease <= lastRun) r.state = 'uncertain';
      }
      since = midnight;
    }
    view.pass(next);
  }
  return false;
}
