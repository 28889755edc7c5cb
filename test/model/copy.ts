/** A copy of the reference, which lives on without changing the first one. */
import { Ledger } from './credits.js';
import type { Reference } from './reference.js';

/** Gives the copy what the reference has, without the line. */
export function filled(copy: Reference, ref: Reference): Reference {
  const { day, rampDay, highest, cooledAt, held, breaker, disconnected } = ref;
  Object.assign(copy, { day, rampDay, highest, cooledAt, held, breaker, disconnected });
  [copy.cooldowns, copy.closed] = [[...ref.cooldowns], new Map(ref.closed)];
  copy.all = ref.all.map((r) => ({ ...r, carried: [...r.carried] }));
  copy.ext = structuredClone(ref.ext);
  copy.credits = Ledger.like(ref.credits);
  copy.ceiling = ref.ceiling.copy();
  return copy;
}
