/** Random choices from a seed: the same seed gives the same choices (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Returns a number from 0 up to, but not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Returns a whole number, including both ends. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[Math.floor(this.next() * list.length)] ?? list[0];
  }

  /** Returns a seed for a part of the story, so that the shrinker can leave out other parts. */
  seed(): number {
    return Math.floor(this.next() * 2 ** 32);
  }
}

/** Picks one of the list at random, each by its weight. */
export function weighted<T>(random: Random, list: readonly (readonly [T, number])[]): T {
  let sum = 0;
  for (const [, weight] of list) sum += weight;
  let left = random.next() * sum;
  for (const [what, weight] of list) {
    left -= weight;
    if (left < 0) return what;
  }
  throw new Error('weights are positive');
}
