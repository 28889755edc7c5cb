/** The events of a replay, in order of time. */
import type { Instant } from '../../primitives/time.js';

export type Due = { readonly at: Instant; readonly act: () => void };

/** The act of an instant at which the replay only checks its state. */
export const NOTHING = (): void => undefined;

export class Agenda {
  readonly #due: Due[] = [];

  /** Adds an act; acts of the same instant keep the order in which they were added. */
  add(at: Instant, act: () => void): void {
    const due = this.#due;
    let low = 0;
    let high = due.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((due[middle]?.at ?? Infinity) <= at) low = middle + 1;
      else high = middle;
    }
    due.splice(low, 0, { at, act });
  }

  next(): Due | undefined {
    return this.#due.shift();
  }
}
