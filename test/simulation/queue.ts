/** Future events by time. Of two events at one instant, the earlier planned one is first. */
export type Happening = {
  readonly at: number;
  readonly order: number;
  /** The account's number; -1 for the whole world. */
  readonly member: number;
  /** Returns false if the event is outdated and nothing happened. */
  readonly happen: () => boolean | void;
  /** True for a timer, for which the end of a story does not wait. */
  readonly isTimer: boolean;
};

const isSooner = (one: Happening, other: Happening): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** A binary heap. */
export class Queue {
  readonly #heap: Happening[] = [];
  #planned = 0;
  /** How many events are not timers. */
  work = 0;

  plan(at: number, member: number, happen: () => boolean | void, isTimer = false): void {
    const one = { at, order: (this.#planned += 1), member, happen, isTimer };
    if (!isTimer) this.work += 1;
    const heap = this.#heap;
    let place = heap.length;
    heap.push(one);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (!above || !isSooner(one, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = one;
  }

  /** Returns the time of the next event. */
  get next(): number {
    return this.#heap[0]?.at ?? Infinity;
  }

  take(): Happening | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last) return undefined;
    if (!first.isTimer) this.work -= 1;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(one: Happening): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (!left) break;
      let sooner = left;
      if (right && isSooner(right, left)) {
        sooner = right;
        child += 1;
      }
      if (!isSooner(sooner, one)) break;
      heap[place] = sooner;
      place = child;
    }
    heap[place] = one;
  }
}
