/**
 * One timer, never cancelled: it is armed again only after it rang, or for an earlier time. A
 * cancelled timer costs two events, and a `condition` with a time-out leaks memory for the life of
 * the run.
 */
import { sleep } from '@temporalio/workflow';

export class Alarm {
  hasRung = false;
  /** How often it has rung. */
  rings = 0;
  #isArmed = false;
  #at = Infinity;
  readonly #summary: string;

  constructor(summary: string) {
    this.#summary = summary;
  }

  /** Rings `ms` from now, unless it is armed already. */
  arm(ms: number): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    void sleep(Math.max(1, ms), { summary: this.#summary }).then(() => this.#ring());
  }

  /** Rings at that instant, or earlier if it is armed for an earlier one. */
  armFor(at: number, now: number): void {
    if (this.isArmedFor(at)) return;
    this.#isArmed = true;
    this.#at = at;
    const rings = (): void => {
      if (this.#at === at) this.#ring(); // else it was armed again, for an earlier time
    };
    void sleep(Math.max(1, at - now), { summary: this.#summary }).then(rings);
  }

  isArmedFor(at: number): boolean {
    return this.#isArmed && this.#at <= at;
  }

  #ring(): void {
    this.hasRung = true;
    this.rings += 1;
  }

  get isArmed(): boolean {
    return this.#isArmed;
  }

  /** It is armed and has not rung. */
  get isPending(): boolean {
    return this.#isArmed && !this.hasRung;
  }

  /** Silences it after it rang. */
  reset(): void {
    if (!this.hasRung) return;
    this.hasRung = this.#isArmed = false;
    this.#at = Infinity;
  }
}
