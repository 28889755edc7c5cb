/**
 * Entries in one order. A change is noted at once, and applied when the order is read next: so many
 * changes cost one pass over the list, and an order that no page reads costs nothing.
 */

/** Maximum number of changes that wait; with more, sorting again is faster. */
const NOTED_MAX = 5_000;

export class Order<T> {
  readonly #compare: (a: T, b: T) => number;
  #list: readonly T[];
  readonly #gone = new Set<T>();
  #added: T[] = [];

  /** `compare` returns 0 only for the same entry. */
  constructor(entries: readonly T[], compare: (a: T, b: T) => number) {
    this.#compare = compare;
    this.#list = entries.toSorted(compare);
  }

  /** Notes that an entry has replaced another. False: build the order again. */
  replace(known: T | undefined, entry: T): boolean {
    if (known !== undefined) this.#gone.add(known);
    this.#added.push(entry);
    return this.#added.length <= NOTED_MAX;
  }

  list(): readonly T[] {
    if (this.#added.length > 0) {
      const added = this.#added.filter((one) => !this.#gone.has(one)).toSorted(this.#compare);
      const kept = this.#list.filter((one) => !this.#gone.has(one));
      this.#list = this.#merged(kept, added);
      this.#added = [];
      this.#gone.clear();
    }
    return this.#list;
  }

  #merged(kept: readonly T[], added: readonly T[]): readonly T[] {
    const merged: T[] = [];
    let next = 0;
    for (const one of added) {
      for (let other = kept[next]; other !== undefined; other = kept[next]) {
        if (this.#compare(other, one) > 0) break;
        merged.push(other);
        next += 1;
      }
      merged.push(one);
    }
    return [...merged, ...kept.slice(next)];
  }
}
