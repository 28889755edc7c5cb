/** Limits the simultaneous calls of each account; further calls wait in order. */
export class Gate {
  readonly #most: number;
  readonly #inside = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  constructor(most: number) {
    this.#most = most;
  }

  /** True if a call would start at once. */
  hasRoom(key: string): boolean {
    return (this.#inside.get(key) ?? 0) < this.#most;
  }

  async pass<T>(key: string, call: () => Promise<T>): Promise<T> {
    if (!this.hasRoom(key)) {
      await new Promise<void>((resolve) => {
        this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), resolve]);
      });
    } else {
      this.#inside.set(key, (this.#inside.get(key) ?? 0) + 1);
    }
    try {
      return await call();
    } finally {
      this.#leave(key);
    }
  }

  /** Gives the place to the next waiting call, if any. */
  #leave(key: string): void {
    const [next, ...others] = this.#waiting.get(key) ?? [];
    if (others.length > 0) this.#waiting.set(key, others);
    else this.#waiting.delete(key);
    if (next) return next();
    const inside = (this.#inside.get(key) ?? 1) - 1;
    if (inside > 0) this.#inside.set(key, inside);
    else this.#inside.delete(key);
  }
}
