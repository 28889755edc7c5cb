/** What is to happen when, in a story that is told in one go. */
import type { Instant } from '../../primitives/time.js';

export type Due = { readonly at: Instant; readonly act: () => void };

/** An instant at which something is looked at, and nothing happens. */
export const NOTHING = (): void => undefined;

export class Agenda {
  readonly #due: Due[] = [];

  /** Later ones of the same instant come after. */
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
