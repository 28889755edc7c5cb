/** Who is served, where there are more than can be at once: each in its turn, once at a time. */

export class Slots<One extends { readonly endpointId: string }> {
  readonly #max: number;
  readonly #serve: (one: One) => Promise<void>;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #turns = new Map<string, number>();
  #turn = 0;
  #areWaiting = false;

  /** `serve` does not throw. */
  constructor(max: number, serve: (one: One) => Promise<void>) {
    this.#max = max;
    this.#serve = serve;
  }

  /** There were more than there was room for, at the last offer. */
  get areWaiting(): boolean {
    return this.#areWaiting;
  }

  /** Begins with those who had no turn for the longest time, as far as there is room. */
  offer(ones: readonly One[]): void {
    const turnOf = ({ endpointId }: One): number => this.#turns.get(endpointId) ?? 0;
    const idle = ones.filter(({ endpointId }) => !this.#busy.has(endpointId));
    const begun = idle
      .toSorted((a, b) => turnOf(a) - turnOf(b))
      .slice(0, this.#max - this.#busy.size);
    this.#areWaiting = begun.length < idle.length;
    for (const one of begun) this.#begin(one);
  }

  /** Waits for all that has begun. */
  async idle(): Promise<void> {
    await Promise.all(this.#busy.values());
  }

  #begin(one: One): void {
    const { endpointId } = one;
    this.#turn += 1;
    this.#turns.set(endpointId, this.#turn);
    const done = this.#serve(one).finally(() => this.#busy.delete(endpointId));
    this.#busy.set(endpointId, done);
  }
}
