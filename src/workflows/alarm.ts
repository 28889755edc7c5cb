/**
 * One timer, never cancelled: it is armed again only after it rang. A cancelled timer costs two
 * events, and a `condition` with a time-out leaks memory for the life of the run.
 */
import { sleep } from '@temporalio/workflow';

export class Alarm {
  hasRung = false;
  /** How often it has rung. */
  rings = 0;
  #isArmed = false;
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
    if (this.hasRung) this.hasRung = this.#isArmed = false;
  }
}
