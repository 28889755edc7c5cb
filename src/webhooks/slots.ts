/** Shares limited places among endpoints: each gets its turn, and never two places at once. */

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

  /** True if the last offer had more endpoints than free places. */
  get areWaiting(): boolean {
    return this.#areWaiting;
  }

  /** Starts the endpoints that have waited longest, as far as places are free. */
  offer(ones: readonly One[]): void {
    const turnOf = ({ endpointId }: One): number => this.#turns.get(endpointId) ?? 0;
    const idle = ones.filter(({ endpointId }) => !this.#busy.has(endpointId));
    const begun = idle
      .toSorted((a, b) => turnOf(a) - turnOf(b))
      .slice(0, this.#max - this.#busy.size);
    this.#areWaiting = begun.length < idle.length;
    for (const one of begun) this.#begin(one);
  }

  /** Waits for all that have started. */
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
