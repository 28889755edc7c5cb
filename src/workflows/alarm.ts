/**
 * One timer. It is armed again only after it rang, after it was cancelled, or for an earlier time.
 * A timer that is cancelled costs one event, and a timer that rings without work costs four.
 */
import { sleep } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';

export class Alarm {
  hasRung = false;
  /** How often it has rung. */
  rings = 0;
  #isArmed = false;
  #at = Infinity;
  /** The SDK's number of the last timer that was started. */
  #timer = 0;
  readonly #summary: string;

  constructor(summary: string) {
    this.#summary = summary;
  }

  /** Rings `ms` from now, unless it is armed already. */
  arm(ms: number): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    void this.#sleep(ms).then(() => this.#ring());
  }

  /** Rings at that instant, or earlier if it is armed for an earlier one. */
  armFor(at: number, now: number): void {
    if (this.isArmedFor(at)) return;
    this.#isArmed = true;
    this.#at = at;
    const rings = (): void => {
      if (this.#at === at) this.#ring(); // else it was armed again, for an earlier time
    };
    void this.#sleep(at - now).then(rings);
  }

  /**
   * Cancels the timer, unless it has rung; only in a run without local activities (patience.ts). It
   * does not use the SDK's scope: each scope leaves an entry at its parent for the life of the run.
   */
  cancel(): void {
    const { completions } = getActivator();
    if (!this.isPending || !completions.timer.delete(this.#timer)) return;
    getActivator().pushCommand({ cancelTimer: { seq: this.#timer } });
    this.#disarm();
  }

  #sleep(ms: number): Promise<void> {
    const rung = sleep(Math.max(1, ms), { summary: this.#summary });
    this.#timer = getActivator().nextSeqs.timer - 1;
    return rung;
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
    if (this.hasRung) this.#disarm();
  }

  #disarm(): void {
    this.hasRung = this.#isArmed = false;
    this.#at = Infinity;
  }
}
