/** Shares limited places among endpoints: each gets its turn, and never two places at once. */
import pLimit, { type LimitFunction } from 'p-limit';

export class Slots {
  readonly #limit: LimitFunction;
  readonly #serve: (endpointId: string) => Promise<void>;
  /** The endpoints that have a place or wait for one. */
  readonly #offered = new Map<string, Promise<void>>();

  /** `serve` does not throw. It reads the endpoint again, because the endpoint may have waited. */
  constructor(max: number, serve: (endpointId: string) => Promise<void>) {
    this.#limit = pLimit({ concurrency: max, rejectOnClear: true });
    this.#serve = serve;
  }

  /** True if an endpoint waits for a place. */
  get areWaiting(): boolean {
    return this.#limit.pendingCount > 0;
  }

  /** Serves each endpoint that is not served yet, as soon as a place is free, in order of offer. */
  offer(endpointIds: readonly string[]): void {
    for (const endpointId of endpointIds) {
      if (!this.#offered.has(endpointId)) this.#offered.set(endpointId, this.#turnOf(endpointId));
    }
  }

  /** Forgets the endpoints that wait, until they are offered again, and waits for the others. */
  async idle(): Promise<void> {
    this.#limit.clearQueue();
    await Promise.all(this.#offered.values());
  }

  async #turnOf(endpointId: string): Promise<void> {
    try {
      await this.#limit(this.#serve, endpointId);
    } catch (error) {
      if (!isForgotten(error)) throw error;
    } finally {
      this.#offered.delete(endpointId);
    }
  }
}

const isForgotten = (error: unknown): boolean =>
  error instanceof Error && error.name === 'AbortError';
